//! Finds sections in the planned output.
//!
//! The map and relocation sections contain offsets within sections, and numbers of sections. Both are found by
//! reading the headers in the plan, so that other links need not keep track of them.

use wasmparser::BinaryReader;

use crate::wasm::object::MAGIC;

/// Id of custom sections.
pub(crate) const CUSTOM: u8 = 0;
/// Id of the global section.
pub(crate) const GLOBALS: u8 = 6;
/// Id of the code section.
pub(crate) const CODE: u8 = 10;
/// Id of the data section.
pub(crate) const DATA: u8 = 11;

/// A section's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The section's id.
    pub id: u8,
    /// Its name in maps.
    pub name: String,
    /// Length of the header: id and size.
    pub len: u64,
    /// Size of the contents.
    pub size: u64,
}

impl Head {
    /// Reads a section header. `None` for the start of the module.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        const NAMES: [&str; 14] = [
            "CUSTOM",
            "TYPE",
            "IMPORT",
            "FUNCTION",
            "TABLE",
            "MEMORY",
            "GLOBAL",
            "EXPORT",
            "START",
            "ELEM",
            "CODE",
            "DATA",
            "DATACOUNT",
            "TAG",
        ];
        if bytes.starts_with(MAGIC) {
            return None;
        }
        let mut reader = BinaryReader::new(bytes, 0);
        let id = reader.read_u8().ok()?;
        let size = u64::from(reader.read_var_u32().ok()?);
        let len = reader.current_position() as u64;
        let name = NAMES.get(usize::from(id))?;
        let name = match id {
            CUSTOM => format!("{name}({})", reader.read_string().ok()?),
            _ => (*name).to_owned(),
        };
        Some(Self {
            id,
            name,
            len,
            size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_sections() {
        for (bytes, expected) in [
            (&b"\x0a\x05\x01"[..], Some((10, "CODE", 2, 5))),
            (b"\x00\x80\x01\x04name", Some((0, "CUSTOM(name)", 3, 128))),
            (b"\0asm\x01\0\0\0", None),
            (b"\x0a", None),
            (b"\x63\x01", None),
        ] {
            let found = Head::read(bytes);
            let found = found
                .as_ref()
                .map(|s| (s.id, s.name.as_str(), s.len, s.size));
            assert_eq!(found, expected);
        }
    }
}
