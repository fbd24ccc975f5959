//! `--machine-memory=FILE`: the memories of the machine, and where they are specified.
//!
//! It is a file, so that a change of the board does not change the command line. Its lines are
//! `NAME=ORIGIN+LENGTH@PLACE`.

use std::str::FromStr;

/// A memory of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MachineMemory {
    /// Such as `FLASH`.
    pub name: String,
    /// Its first address.
    pub origin: u64,
    /// Bytes.
    pub length: u64,
    /// File and line, for messages.
    pub place: String,
}

impl MachineMemory {
    /// The address after the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.origin.saturating_add(self.length)
    }
}

impl FromStr for MachineMemory {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).map_err(drop),
            None => text.parse().map_err(drop),
        };
        let (name, rest) = text.split_once('=').ok_or(())?;
        let (origin, rest) = rest.split_once('+').ok_or(())?;
        let (length, place) = rest.split_once('@').ok_or(())?;
        if name.is_empty() {
            return Err(());
        }
        Ok(Self {
            name: name.to_owned(),
            origin: number(origin)?,
            length: number(length)?,
            place: place.to_owned(),
        })
    }
}
