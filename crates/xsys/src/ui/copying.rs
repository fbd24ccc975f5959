//! Progress of a long copy: a bar on a terminal, nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;

/// A bar that counts bytes, with speed and remaining time.
pub(crate) struct CopyProgress(Option<ProgressBar>);

impl CopyProgress {
    /// `total` is the number of bytes, if it is known.
    pub(crate) fn new(ui: Ui, doing: &'static str, total: Option<u64>) -> Self {
        use std::io::IsTerminal;
        if ui.quiet || ui.json || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = match total {
            Some(_) => {
                "{prefix:>12.bold.cyan} [{bar:25}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
            }
            None => "{prefix:>12.bold.cyan} {spinner} {bytes}, {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(doing);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(Some(bar))
    }

    pub(crate) fn add(&self, count: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(count);
        }
    }
}

impl Drop for CopyProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
