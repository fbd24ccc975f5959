//! Builds the options from a command line.
//!
//! Some options hold for the inputs after them (`--whole-archive`), some only make sense together
//! (`-pie` and `-static`), some have wrong values. [`Builder`] stores the first kind with each input,
//! decides the second at the end, and collects errors, so that one run reports every mistake.

use std::ffi::OsString;
use std::path::PathBuf;

use xsys_diag::{Diagnostic, did_you_mean};

use super::{BuildId, ElfOptions, InputArg, InputWhat, MapTo, OutputKind, Unresolved};
use crate::elf::arch::{self, Device};
use crate::input::search::in_sysroot;

/// An option as it stands on the command line.
#[derive(Clone, Debug)]
pub(super) struct OptionUse<'a> {
    /// The option as it was spelled, without its value.
    pub spelled: &'a str,
    /// Its value; an option whose value is optional may have none.
    pub value: Option<OsString>,
    /// `false` for the `--no-` form of a switch.
    pub on: bool,
}

impl OptionUse<'_> {
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(self.value.clone().unwrap_or_default())
    }
}

/// What holds for the inputs that follow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub whole_archive: bool,
    pub in_lib_group: bool,
    pub binary: bool,
    pub as_needed: bool,
    /// `-Bstatic`
    pub static_only: bool,
}

/// Options under construction.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub options: ElfOptions,
    pub diagnostics: Vec<Diagnostic>,
    pub action: Option<Action>,
    pub state: State,
    pub saved: Vec<State>,
    pub in_group: bool,
    /// `-v`: prints the version if there is nothing to link.
    pub show_version: bool,
    pub relocatable: bool,
    pub pie: bool,
    pub shared: bool,
    pub fully_static: bool,
    pub reproduce: Option<PathBuf>,
    /// `-z defs`, `-z undefs`, `--unresolved-symbols`, as last given: undefined symbols are not reported.
    pub ignore_unresolved: Option<bool>,
}

impl Builder {
    pub(super) fn error(&mut self, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(message));
    }

    /// Adds an input in the present state.
    pub(super) fn input(&mut self, what: InputWhat, just_symbols: bool) {
        let state = self.state;
        self.options.input.args.push(InputArg {
            what,
            whole_archive: state.whole_archive,
            in_lib_group: state.in_lib_group,
            just_symbols,
            binary: state.binary,
            as_needed: state.as_needed,
            static_only: state.static_only,
        });
    }

    /// The value as text; reports a value that is not Unicode or is empty.
    pub(super) fn text(&mut self, given: &OptionUse) -> Option<String> {
        let value = given.value.clone().unwrap_or_default();
        match value.into_string() {
            Ok(text) if text.is_empty() => {
                self.error(format!("option `{}` needs a value", given.spelled));
                None
            }
            Ok(text) => Some(text),
            Err(value) => {
                self.error(format!(
                    "the value of option `{}` is not Unicode: `{}`",
                    given.spelled,
                    value.display()
                ));
                None
            }
        }
    }

    /// One of several words.
    pub(super) fn choice<T: Clone>(
        &mut self,
        given: &OptionUse,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(given)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(value.clone());
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let mut diagnostic = Diagnostic::error(format!(
            "unknown value `{text}` for option `{}`",
            given.spelled
        ))
        .note(format!("known values: {}", names.join(", ")));
        if let Some(close) = did_you_mean(&text, names) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`"));
        }
        self.diagnostics.push(diagnostic);
        None
    }

    /// A number in C's notation.
    pub(super) fn number(&mut self, given: &OptionUse) -> Option<u64> {
        let text = self.text(given)?;
        self.parsed(given.spelled, &text, c_number(&text))
    }

    /// A number for a table or a thread count.
    pub(super) fn size(&mut self, given: &OptionUse) -> Option<usize> {
        self.number(given)
            .map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// An address, hexadecimal even without `0x`.
    pub(super) fn hex(&mut self, given: &OptionUse) -> Option<u64> {
        let text = self.text(given)?;
        self.parsed(given.spelled, &text, hex_number(&text))
    }

    pub(super) fn parsed(&mut self, spelled: &str, text: &str, number: Option<u64>) -> Option<u64> {
        if number.is_none() {
            self.error(format!("option `{spelled}` needs a number, not `{text}`"));
        }
        number
    }

    /// `name=value`, both not empty.
    pub(super) fn pair(&mut self, given: &OptionUse, form: &str) -> Option<(String, String)> {
        let text = self.text(given)?;
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                Some((name.to_owned(), value.to_owned()))
            }
            _ => {
                self.error(format!(
                    "option `{}` needs `{form}`, not `{text}`",
                    given.spelled
                ));
                None
            }
        }
    }

    /// The memories of the machine.
    pub(super) fn machine_memory(&mut self, given: &OptionUse) {
        for line in self.lines(given).unwrap_or_default() {
            match line.parse() {
                Ok(memory) => self.options.layout.machine_memory.push(memory),
                Err(()) => self.error(format!(
                    "option `{}` needs lines of `NAME=ORIGIN+LENGTH@PLACE`, not `{line}`",
                    given.spelled
                )),
            }
        }
    }

    /// Sets a start address; the last one counts.
    pub(super) fn start(&mut self, name: &str, addr: Option<u64>) {
        let Some(addr) = addr else { return };
        let list = &mut self.options.layout.section_start;
        list.retain(|(other, _)| other != name);
        list.push((name.to_owned(), addr));
    }

    /// The lines of a file, without comments and empty ones.
    pub(super) fn lines(&mut self, given: &OptionUse) -> Option<Vec<String>> {
        let path = given.path();
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                self.options.input.lists.push(path);
                let lines = text.lines().map(str::trim);
                let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                Some(lines.map(str::to_owned).collect())
            }
            Err(error) => {
                let text = format!("cannot read `{}`: {error}", path.display());
                self.diagnostics.push(
                    Diagnostic::error(text).note(format!("option `{}` names it", given.spelled)),
                );
                None
            }
        }
    }

    /// Where a report goes; `-` is standard output.
    pub(super) fn report_to(&mut self, given: &OptionUse) -> Option<MapTo> {
        let path = given.path();
        if path.as_os_str().is_empty() {
            self.error(format!("option `{}` needs a file", given.spelled));
            return None;
        }
        Some(if path.as_os_str() == "-" {
            MapTo::Stdout
        } else {
            MapTo::File(path)
        })
    }

    pub(super) fn emulation(&mut self, given: &OptionUse) {
        let Some(name) = self.text(given) else { return };
        if let Some(found) = arch::emulation(&name) {
            self.options.machine.emulation = Some(found);
            return;
        }
        if let Some(device) = name.strip_prefix("mcu=") {
            return self.device(device);
        }
        let mut diagnostic = Diagnostic::error(format!("unknown emulation `{name}`"));
        diagnostic = if name.contains('=') {
            diagnostic.help(format!(
                "`-m{name}` is an option of compilers; the linker takes the machine from its inputs"
            ))
        } else if let Some(close) = did_you_mean(&name, arch::linked_emulations()) {
            // Other emulations are known only for messages.
            diagnostic.help(format!("did you mean `-m {close}`"))
        } else {
            diagnostic.help("leave `-m` out to take the machine from the inputs")
        };
        self.diagnostics.push(diagnostic);
    }

    /// `-mmcu=`: avr-gcc's option, whose device specs tell its linker what our table of devices does here.
    fn device(&mut self, name: &str) {
        match arch::device(name) {
            Device::Known(device) => self.options.machine.device = Some(device),
            Device::Unknown(problem) => self.diagnostics.push(problem),
            Device::Family | Device::Foreign => {}
        }
    }

    pub(super) fn build_id(&mut self, given: &OptionUse) {
        let style = match &given.value {
            None => "fast".to_owned(),
            Some(_) => match self.text(given) {
                Some(text) => text,
                None => return,
            },
        };
        self.options.layout.build_id = match style.as_str() {
            "none" => BuildId::None,
            "fast" => BuildId::Fast,
            "sha1" | "tree" => BuildId::Sha1,
            "md5" => BuildId::Md5,
            "uuid" => {
                self.diagnostics.push(
                    Diagnostic::error("a random build id would make every link differ")
                        .help("use `--build-id=sha1` or `--build-id=0x…`"),
                );
                return;
            }
            _ => match style.strip_prefix("0x").and_then(hex_bytes) {
                Some(bytes) => BuildId::Hex(bytes),
                None => {
                    self.diagnostics.push(
                        Diagnostic::error(format!("unknown build id style `{style}`")).note(
                            "known values: none, fast, sha1, tree, md5, 0x and hexadecimal digits",
                        ),
                    );
                    return;
                }
            },
        };
    }

    /// Decides what depends on several options.
    pub(super) fn finish(&mut self) {
        let options = &mut self.options;
        let sysroot = options.input.sysroot.clone();
        for dir in &mut options.input.search_dirs {
            *dir = in_sysroot(sysroot.as_deref(), dir);
        }
        let named = options.dynamic.dynamic_linker.is_some() && !self.fully_static;
        options.kind = match (self.relocatable, self.shared, self.pie) {
            (true, _, _) => OutputKind::Relocatable,
            (_, true, _) => OutputKind::Shared,
            (_, _, true) if named => OutputKind::DynamicPie,
            (_, _, true) => OutputKind::StaticPie,
            _ => OutputKind::Static,
        };
        options.input.shared_libraries = !self.fully_static && (named || self.shared);
        options.input.fully_static = self.fully_static || self.relocatable;
        let paths = &options.dynamic.rpath;
        options.dynamic.rpath_joined = (!paths.is_empty()).then(|| paths.join(":"));
        // What a shared library does not define, other files of a process may.
        let ignore_unresolved = self.ignore_unresolved.unwrap_or(self.shared);
        options.symbols.unresolved = if ignore_unresolved {
            Unresolved::Ignore
        } else if options.symbols.warn_unresolved_symbols || options.no_inhibit_exec {
            Unresolved::Warn
        } else {
            Unresolved::Error
        };
        if options.output.as_os_str().is_empty() {
            self.error("option `-o` needs a file");
        }
        if self.options.threads == Some(0) {
            self.error("option `--threads` needs a number above 0");
        }
        if self.relocatable && self.options.layout.icf != super::Icf::None {
            self.error("`-r` and `--icf` exclude each other");
        }
        if self.relocatable && self.options.symbols.export_dynamic {
            self.error("`-r` and `--export-dynamic` exclude each other");
        }
        if self.options.layout.emit_relocs && self.options.symbols.strip == super::Strip::All {
            self.diagnostics.push(
                Diagnostic::error("`--emit-relocs` and `--strip-all` exclude each other")
                    .note("relocations refer to symbols")
                    .help("use `--strip-debug`"),
            );
        }
        if self.relocatable && self.pie {
            self.error("`-r` and `-pie` exclude each other");
        }
        if self.relocatable && self.shared {
            self.error("`-r` and `-shared` exclude each other");
        }
        if self.pie && self.shared {
            self.error("`-shared` and `-pie` exclude each other");
        }
        if self.state.in_lib_group {
            self.error("`--start-lib` without `--end-lib`");
        }
        if self.in_group {
            self.error("`--start-group` without `--end-group`");
        }
        let options = &self.options;
        if options.input.args.is_empty() && self.action.is_none() {
            if self.show_version {
                self.action = Some(Action::Version);
            } else if options.input.scripts.is_empty() {
                self.diagnostics.push(
                    Diagnostic::error("there are no input files")
                        .help("`--help` lists the options"),
                );
            }
        }
    }
}

/// A number in C's notation: `0x` hexadecimal, `0` octal, else decimal.
pub(super) fn c_number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    unsigned(digits, radix)
}

/// A hexadecimal number, with or without `0x`.
pub(super) fn hex_number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    unsigned(digits.unwrap_or(text), 16)
}

fn unsigned(digits: &str, radix: u32) -> Option<u64> {
    // `from_str_radix` takes a sign.
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u64::from_str_radix(digits, radix).ok().filter(|_| plain)
}

pub(crate) fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    // GNU ld lets `-` and `:` separate bytes.
    let digits: Vec<u8> = digits
        .bytes()
        .filter(|byte| !matches!(byte, b'-' | b':'))
        .map(|byte| char::from(byte).to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    (!pairs.is_empty() && rest.is_empty())
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, c, hex) in [
            ("0", Some(0), Some(0)),
            ("10", Some(10), Some(16)),
            ("010", Some(8), Some(16)),
            ("0x10", Some(16), Some(16)),
            ("ffffffffffffffff", None, Some(u64::MAX)),
            ("0x10000000000000000", None, None),
            ("+1", None, None),
            ("-1", None, None),
            ("", None, None),
            ("0x", None, None),
            ("09", None, Some(9)),
        ] {
            assert_eq!((c_number(text), hex_number(text)), (c, hex), "{text}");
        }
    }

    #[test]
    fn build_id_bytes() {
        assert_eq!(hex_bytes("12aB"), Some(vec![0x12, 0xab]));
        assert_eq!(hex_bytes("12-ab:cd"), Some(vec![0x12, 0xab, 0xcd]));
        for bad in ["", "1", "xy", "-"] {
            assert_eq!(hex_bytes(bad), None, "{bad}");
        }
    }
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A link.
    Link,
    /// The version ([`VERSION`](super::gnu::VERSION)) and nothing else.
    Version,
    /// This text and nothing else.
    Help(String),
}
