//! The appliance's serial port during a test: all output goes to a file, and lines that matter to the test are noticed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Result, file};

/// How many of the last lines are shown after a failure.
const SHOWN: usize = 25;

/// Longer lines are split.
const LONGEST: u64 = 16 << 10;

/// What was noticed.
#[derive(Debug, Default)]
pub(super) struct Noticed {
    /// How often the kernel has started.
    pub boots: u32,
    /// The kernel's last words.
    pub panic: Option<String>,
    /// Lines of the init, without its name.
    pub init: Vec<String>,
    last: VecDeque<String>,
}

impl Noticed {
    fn line(&mut self, line: &str) {
        // Before its clock runs, the kernel prints zeros as time.
        if line.contains("] Booting Linux on physical CPU") {
            self.boots += 1;
            self.init.clear();
        }
        if let Some((_, text)) = line.split_once("Kernel panic - not syncing: ") {
            self.panic.get_or_insert_with(|| text.to_owned());
        }
        if let Some((_, text)) = line.split_once("] init: ") {
            self.init.push(text.to_owned());
        }
        if self.last.len() == SHOWN {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
    }
}

/// The serial port of a machine that runs.
pub(super) struct Serial {
    pub log: PathBuf,
    noticed: Arc<Mutex<Noticed>>,
    reader: Option<JoinHandle<()>>,
}

impl Serial {
    /// Copies the machine's output to a file, until it ends.
    pub(super) fn read(output: impl Read + Send + 'static, log: &Path) -> Result<Self> {
        let mut copy = File::create(log).map_err(|error| file("write", log, &error))?;
        let noticed = Arc::new(Mutex::new(Noticed::default()));
        let shared = Arc::clone(&noticed);
        let reader = std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while let Ok(1..) = output.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
                // A full disk loses the log, but does not fail the test.
                let _ = copy.write_all(&line);
                let text = String::from_utf8_lossy(&line);
                // A terminal's escape sequences would change the output around them.
                let text = text
                    .trim_end()
                    .replace(|letter: char| letter.is_control() && letter != '\t', "");
                shared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .line(&text);
                line.clear();
            }
        });
        Ok(Self {
            log: log.to_owned(),
            noticed,
            reader: Some(reader),
        })
    }

    pub(super) fn noticed(&self) -> MutexGuard<'_, Noticed> {
        self.noticed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last lines; called when the machine has ended.
    pub(super) fn last(&mut self) -> Vec<String> {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.noticed().last.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boots_and_panics_are_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let said = "[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x410fd083]\r\n\
                    [    2.100] init: shop 0.1.0\r\n\
                    [    9.000000] Kernel panic - not syncing: sysrq triggered crash\r\n\
                    [    0.000000] Booting Linux on physical CPU 0x0000000000 [0x410fd083]\r\n\
                    \x1b[1m[    2.200] init: shop started as process 93";
        let mut serial = Serial::read(said.as_bytes(), &log).unwrap();
        let last = serial.last();
        assert_eq!(last.len(), 5);
        assert!(last[4].starts_with("[1m["), "{last:?}");
        let noticed = serial.noticed();
        assert_eq!(noticed.boots, 2);
        assert_eq!(noticed.panic.as_deref(), Some("sysrq triggered crash"));
        assert_eq!(noticed.init, ["shop started as process 93"]);
        assert_eq!(std::fs::read_to_string(log).unwrap(), said);
    }
}
