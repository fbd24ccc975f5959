//! Progress of a fleet's cards: one line with those that are being made, or a line for each if there is no terminal.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// As many fit beside the bar.
const SHOWN: usize = 3;

/// A bar, and what is being made.
pub(crate) struct StampProgress {
    ui: Ui,
    total: usize,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: usize,
    running: Vec<String>,
}

impl StampProgress {
    pub(crate) fn new(ui: Ui, total: usize) -> Self {
        let shown = !ui.quiet && !ui.json && std::io::stderr().is_terminal();
        let bar = shown.then(|| {
            let draw = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(Some(total as u64), draw);
            let template = "{prefix:>12.bold.cyan} [{bar:25}] {pos}/{len}: {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix("Stamping");
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            ui,
            total,
            bar,
            state: Mutex::default(),
        }
    }

    pub(crate) fn start(&self, name: &str) {
        self.change(|state| state.running.push(name.to_owned()));
    }

    /// `what` is the result for it.
    pub(crate) fn done(&self, name: &str, what: &str) {
        let done = self.change(|state| {
            state.done += 1;
            state.running.retain(|running| running != name);
            state.done
        });
        match &self.bar {
            Some(bar) => bar.inc(1),
            None => {
                let text = format!("{name}  {what} ({done}/{})", self.total);
                self.ui.status("Stamped", &text);
            }
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut state);
        if let Some(bar) = &self.bar {
            let shown = state.running.iter().take(SHOWN).cloned();
            bar.set_message(shown.collect::<Vec<_>>().join(", "));
        }
        changed
    }
}

impl Drop for StampProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
