//! The linker's messages about programs, each shown once: rustc hides them when a link succeeds.
//!
//! The messages are in the links' reports, so they are shown even if cargo had nothing to do, as cargo repeats rustc's
//! warnings. Programs of one build often share a script and its mistakes; equal messages are shown once per command.
//! When cargo runs programs, each runner is a process of its own, and a file records what others have shown.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::linker::record;
use crate::linker::report::{self, LinkReport};
use crate::ui::{self, Ui};

/// The granularity of file systems' times.
const STEP: Duration = Duration::from_millis(20);

/// Shows messages, each once.
pub(crate) struct Messages<'a> {
    ui: &'a Ui,
    /// JSON between cargo's own, on stdout.
    beside_cargos: bool,
    shown: HashSet<String>,
    /// Where processes of one command record what they have shown.
    shared: Option<&'a Path>,
}

impl<'a> Messages<'a> {
    pub(crate) fn new(ui: &'a Ui, beside_cargos: bool, shared: Option<&'a Path>) -> Self {
        let text = shared.and_then(|path| std::fs::read_to_string(path).ok());
        let shown = text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            ui,
            beside_cargos,
            shown: shown.unwrap_or_default(),
            shared,
        }
    }

    /// Shows the messages of a finished program's link.
    pub(crate) fn of_program(&mut self, reports: &Path, program: &Path) {
        let content = std::fs::read(program).ok();
        if let Some(report) = content.and_then(|content| report::find_report(reports, &content)) {
            self.of_report(program, &report);
        }
    }

    /// Shows the messages of links since a time, whoever runs their outputs.
    pub(crate) fn of_links_since(&mut self, records: &Path, reports: &Path, start: SystemTime) {
        for (path, record) in record::all(records) {
            let modified = path.metadata().and_then(|metadata| metadata.modified());
            if modified.is_ok_and(|time| time + STEP >= start)
                && let Some(report) = report::read_report(reports, &record.report)
            {
                self.of_report(&record.output, &report);
            }
        }
    }

    fn of_report(&mut self, program: &Path, report: &LinkReport) {
        for message in &report.messages {
            if self.is_new(&message.plain) {
                match (self.beside_cargos || self.ui.json, self.ui.color) {
                    (true, _) => self.json(message.json.clone(), program),
                    (false, true) => self.ui.line(&message.colored),
                    (false, false) => self.ui.line(&message.plain),
                }
            }
        }
        let printed = report.printed.trim_end();
        if !printed.is_empty() && self.is_new(&format!("{} {printed}", program.display())) {
            if self.beside_cargos || self.ui.json {
                let value = json!({ "reason": "xsys-link-output", "text": report.printed });
                self.json(value, program);
            } else {
                self.ui.line(printed);
            }
        }
    }

    fn json(&self, mut value: serde_json::Value, program: &Path) {
        value["program"] = json!(program);
        match self.beside_cargos {
            true => ui::answer(&value.to_string()),
            false => self.ui.line(&value.to_string()),
        }
    }

    fn is_new(&mut self, text: &str) -> bool {
        let new = self.shown.insert(text.to_owned());
        if let (true, Some(path)) = (new, self.shared) {
            // Showing a message twice is better than not at all.
            let _ = serde_json::to_vec(&self.shown).map(|text| std::fs::write(path, text));
        }
        new
    }
}

/// The file for this process and its runners. What a killed command leaves is removed together with old reports.
pub(crate) fn shared_file(reports: &Path) -> PathBuf {
    reports.join(format!("shown-{}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_across_processes() {
        let directory = tempfile::tempdir().unwrap();
        let shared = shared_file(directory.path());
        let ui = Ui {
            color: false,
            json: false,
            quiet: true,
        };
        let mut first = Messages::new(&ui, false, Some(&shared));
        assert!(first.is_new("a") && !first.is_new("a"));
        let mut second = Messages::new(&ui, false, Some(&shared));
        assert!(!second.is_new("a") && second.is_new("b"));
        // Without the file each process shows its messages by itself.
        assert!(Messages::new(&ui, false, None).is_new("a"));
    }
}
