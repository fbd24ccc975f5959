//! Stub libraries: text files that list functions which the host provides, and which symbols of the module each of
//! them needs.
//!
//! Spec: lld's `docs/WebAssembly.rst`; Emscripten makes such files for its JavaScript libraries. The first line is
//! `#STUB`; the others are `name: needed, needed`, or comments that begin with `#`. An undefined symbol that is
//! listed becomes an import, and the symbols that it needs are linked and exported.

use xsys_diag::Diagnostic;

/// The first line.
const MAGIC: &[u8] = b"#STUB";

/// A stub library.
#[derive(Debug)]
pub(crate) struct Stubs<'a> {
    /// The file's name.
    pub file: String,
    /// The functions, each with the symbols that it needs.
    pub symbols: Vec<(&'a str, Vec<&'a str>)>,
}

/// Whether a file is a stub library.
pub(crate) fn is_stub(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl<'a> Stubs<'a> {
    /// Parses a stub library.
    pub(crate) fn parse(file: String, bytes: &'a [u8]) -> Result<Self, Diagnostic> {
        let text = std::str::from_utf8(bytes).map_err(|_| {
            Diagnostic::error(format!("`{file}` is not UTF-8 text"))
                .help("a stub library lists names, one a line")
        })?;
        let lines = text.lines().skip(1).map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut symbols: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in lines {
            let (name, needed) = line.split_once(':').unwrap_or((line, ""));
            let (name, needed) = (name.trim(), needed.trim());
            // Nothing follows a comma at the end.
            let needed = needed.strip_suffix(',').unwrap_or(needed);
            let needed = match needed {
                "" => Vec::new(),
                _ => needed.split(',').map(str::trim).collect(),
            };
            // Of two lines about a name the last counts.
            match symbols.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = needed,
                None => symbols.push((name, needed)),
            }
        }
        Ok(Self { file, symbols })
    }
}

/// The error for a symbol that a stub library needs and no file defines.
pub(crate) fn missing(file: &str, needed: &str, by: &str) -> Diagnostic {
    Diagnostic::error(format!("undefined symbol: `{needed}`"))
        .note(format!(
            "the stub library `{file}` says that `{by}` needs it"
        ))
        .help("link the file that defines it")
        .counterpart(format!(
            "{file}: undefined symbol: {needed}. Required by {by}"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_with_what_they_need() {
        let text = b"#STUB\n# comment\r\n\none: c\n  one : a, b,\ntwo\nthree:\n";
        assert!(is_stub(text));
        let stubs = Stubs::parse("x.so".into(), text).unwrap();
        assert_eq!(
            stubs.symbols,
            [("one", vec!["a", "b"]), ("two", vec![]), ("three", vec![]),]
        );
        assert!(Stubs::parse("x.so".into(), b"#STUB\n\xff").is_err());
    }
}
