//! What people see besides diagnostics: status lines in cargo's look, progress, and answers.
//!
//! Answers (tables, JSON, paths) go to stdout, everything else to stderr, so that output can be piped. Colour follows
//! the same order everywhere: `--color`, then `CARGO_TERM_COLOR`, then `NO_COLOR` and `CLICOLOR_FORCE`, then whether
//! the output is a terminal.

mod copying;
mod stamping;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

pub(crate) use self::copying::CopyProgress;
pub(crate) use self::stamping::StampProgress;

/// `--color` and `CARGO_TERM_COLOR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

/// Settings of the output, for the whole run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    pub color: bool,
    pub json: bool,
    pub quiet: bool,
}

impl Ui {
    /// Settings for this process's stderr.
    pub(crate) fn new(flag: Option<When>, json: bool) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        Self {
            color: colored(flag, &variable, std::io::stderr().is_terminal()),
            json,
            quiet: false,
        }
    }

    /// A status line: a verb in cargo's layout, and its object.
    pub(crate) fn status(&self, verb: &str, text: &str) {
        if !self.quiet {
            self.line(&self.status_text(verb, text));
        }
    }

    /// The line that [`Ui::status`] writes.
    pub(crate) fn status_text(&self, verb: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[1m\x1b[32m{verb:>12}\x1b[0m {text}")
        } else {
            format!("{verb:>12} {text}")
        }
    }

    /// A line on stderr, whatever the settings are.
    pub(crate) fn line(&self, text: &str) {
        // A closed stderr is not an error.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// An answer on stdout.
pub(crate) fn answer(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe (`xsys … | head`) is not an error.
    let _ = out.write_all(text.as_bytes());
    if !text.is_empty() && !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

fn colored(flag: Option<When>, variable: &dyn Fn(&str) -> Option<String>, terminal: bool) -> bool {
    let cargo = match variable("CARGO_TERM_COLOR").as_deref() {
        Some("always") => When::Always,
        Some("never") => When::Never,
        _ => When::Auto,
    };
    match flag.unwrap_or(cargo) {
        When::Always => return true,
        When::Never => return false,
        When::Auto => {}
    }
    if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    terminal && variable("TERM").is_none_or(|term| term != "dumb")
}

/// Columns of text, each as wide as its widest cell; the last is not padded.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A size with its unit.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if size < 1024 {
        return format!("{size} B");
    }
    let mut value = size as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A duration with its unit.
pub(crate) fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// Shows the progress of a sysroot: a bar on a terminal, lines elsewhere.
pub(crate) struct SysrootProgress {
    ui: Ui,
    bar: Option<ProgressBar>,
    state: Arc<Mutex<State>>,
}

/// The bar's state. A crate counts twice: when dependents can use it, and when it is finished,
/// because for half a minute core is the only one.
#[derive(Default)]
struct State {
    total: usize,
    done: usize,
    /// Units that are being compiled, in the order of their start: whether they are usable, and since
    /// when they run.
    running: Vec<(String, bool, Instant)>,
    started: Option<Instant>,
}

impl State {
    /// Steps of the bar, of twice as many as there are units.
    fn steps(&self) -> usize {
        self.done * 2 + self.running.iter().filter(|unit| unit.1).count()
    }

    /// The text after the bar, which changes every second, even if the compilers print nothing.
    fn text(&self, now: Instant) -> String {
        let since = |start: Instant| now.saturating_duration_since(start).as_secs();
        let mut text = format!("{}/{}", self.done, self.total);
        if let Some(started) = self.started {
            text.push_str(&format!(", {} s", since(started)));
        }
        // As many names as fit after the bar.
        for (at, (name, _, start)) in self.running.iter().take(3).enumerate() {
            text.push_str(if at == 0 { ": " } else { ", " });
            text.push_str(name);
            match since(*start) {
                0 | 1 => {}
                seconds => text.push_str(&format!(" ({seconds} s)")),
            }
        }
        text
    }
}

/// A panic elsewhere leaves the list of names usable.
fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SysrootProgress {
    pub(crate) fn new(ui: Ui) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let when = std::env::var("CARGO_TERM_PROGRESS_WHEN").unwrap_or_default();
        let shown = !ui.quiet
            && !ui.json
            && match when.as_str() {
                "never" => false,
                "always" => true,
                _ => terminal && std::env::var_os("CI").is_none(),
            };
        let state = Arc::<Mutex<State>>::default();
        let of_bar = state.clone();
        Self {
            ui,
            state,
            bar: shown.then(|| {
                let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
                let template = "{prefix:>12.bold.cyan} {spinner} [{bar:25}] {units}";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    // Written anew with every tick, unlike a message.
                    let units = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                        let _ = out.write_str(&locked(&of_bar).text(Instant::now()));
                    };
                    bar.set_style(style.progress_chars("=> ").with_key("units", units));
                }
                bar.set_prefix("Building");
                bar
            }),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = locked(&self.state);
        change(&mut state);
        let (steps, total) = (state.steps(), state.total);
        // Drawing locks the state.
        drop(state);
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64 * 2);
            bar.set_position(steps as u64);
        }
    }
}

impl xsys_sysroot::Progress for SysrootProgress {
    fn message(&self, text: &str) {
        match &self.bar {
            Some(bar) if !self.ui.quiet => {
                bar.suspend(|| self.ui.status("Sysroot", text));
            }
            _ => self.ui.status("Sysroot", text),
        }
    }

    fn start(&self, total_units: usize) {
        self.change(|state| {
            state.started = Some(Instant::now());
            state.total = total_units;
        });
        if let Some(bar) = &self.bar {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    fn unit_started(&self, name: &str) {
        self.change(|state| {
            state.running.push((name.to_owned(), false, Instant::now()));
        });
        if self.bar.is_none() {
            self.ui.status("Compiling", &format!("{name} (sysroot)"));
        }
    }

    fn unit_usable(&self, name: &str) {
        self.change(|state| {
            for unit in state.running.iter_mut().filter(|unit| unit.0 == name) {
                unit.1 = true;
            }
        });
    }

    fn unit_finished(&self, name: &str) {
        self.change(|state| {
            state.done += 1;
            if let Some(at) = state.running.iter().position(|unit| unit.0 == name) {
                state.running.remove(at);
            }
        });
    }

    fn waiting_for_lock(&self, path: &Path) {
        let text = format!(
            "for the sysroot that another xsys builds ({})",
            path.display()
        );
        match &self.bar {
            Some(bar) => bar.suspend(|| self.ui.status("Waiting", &text)),
            None => self.ui.status("Waiting", &text),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let mut started = None;
        self.change(|state| started = state.started.take());
        if let Some(started) = started {
            self.ui.status(
                "Sysroot",
                &format!("built in {}", seconds(started.elapsed())),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_flag_then_cargo_then_the_common_variables() {
        let always = Some(When::Always);
        let never = Some(When::Never);
        let auto = Some(When::Auto);
        for (flag, variables, terminal, expected) in [
            (None, "", true, true),
            (None, "", false, false),
            (None, "TERM=dumb", true, false),
            (always, "CARGO_TERM_COLOR=never NO_COLOR=1", false, true),
            (
                never,
                "CARGO_TERM_COLOR=always CLICOLOR_FORCE=1",
                true,
                false,
            ),
            (None, "CARGO_TERM_COLOR=always NO_COLOR=1", false, true),
            (None, "CARGO_TERM_COLOR=never CLICOLOR_FORCE=1", true, false),
            (None, "CARGO_TERM_COLOR=auto NO_COLOR=1", true, false),
            // The flag is checked after cargo's variable was set, which it must override.
            (auto, "CARGO_TERM_COLOR=always", false, false),
            (None, "NO_COLOR=", true, true),
            (None, "NO_COLOR=1 CLICOLOR_FORCE=1", true, false),
            (None, "CLICOLOR_FORCE=1", false, true),
            (None, "CLICOLOR_FORCE=0", false, false),
        ] {
            let lookup = |name: &str| {
                variables
                    .split(' ')
                    .filter_map(|pair| pair.split_once('='))
                    .find(|pair| pair.0 == name)
                    .map(|pair| pair.1.to_owned())
            };
            assert_eq!(
                colored(flag, &lookup, terminal),
                expected,
                "{flag:?} {variables}"
            );
        }
    }

    #[test]
    fn a_bar_moves_while_a_crate_takes_long() {
        use xsys_sysroot::Progress as _;
        let ui = Ui {
            color: false,
            json: false,
            quiet: true,
        };
        let progress = SysrootProgress::new(ui);
        progress.start(20);
        progress.unit_started("core");
        let start = locked(&progress.state).started.unwrap();
        let text = |seconds: u64| {
            let later = start + Duration::from_millis(seconds * 1000 + 500);
            locked(&progress.state).text(later)
        };
        assert_eq!(text(0), "0/20, 0 s: core");
        assert_eq!(text(14), "0/20, 14 s: core (14 s)");
        progress.unit_usable("core");
        progress.unit_started("alloc");
        assert_eq!(locked(&progress.state).steps(), 1);
        assert_eq!(text(15), "0/20, 15 s: core (15 s), alloc (15 s)");
        progress.unit_finished("core");
        assert_eq!(locked(&progress.state).steps(), 2);
        assert!(text(20).starts_with("1/20, 20 s: alloc"));
    }

    #[test]
    fn sizes_times_and_tables_are_readable() {
        for (size, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_572_864, "1.5 MiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(bytes(size), text);
        }
        assert_eq!(seconds(Duration::from_millis(12)), "12 ms");
        assert_eq!(seconds(Duration::from_millis(1250)), "1.2 s");
        let rows = [["a", "bb", ""], ["ccc", "d", "e"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "a    bb\nccc  d   e\n");
    }
}
