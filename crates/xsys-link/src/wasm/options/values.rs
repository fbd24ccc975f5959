//! Values of options, parsed.

use std::path::PathBuf;

use xsys_diag::Diagnostic;

use super::reading::Reading;
use super::{Unresolved, Wrap};
use crate::options::{BuildId, MapTo, Reproduce};

/// A value that an option does not accept.
pub(crate) struct Wrong {
    /// What is wrong with it.
    pub(crate) problem: String,
    /// wasm-ld's message for it.
    pub(crate) counterpart: Counterpart,
}

/// wasm-ld's message for a value.
pub(crate) enum Counterpart {
    /// wasm-ld accepts the value, or its message is not compared.
    Unknown,
    /// The whole message.
    Message(String),
    /// The message that begins with the option as it was written.
    AfterOption(String),
}

impl From<String> for Wrong {
    fn from(problem: String) -> Self {
        Self {
            problem,
            counterpart: Counterpart::Unknown,
        }
    }
}

impl From<&str> for Wrong {
    fn from(problem: &str) -> Self {
        problem.to_owned().into()
    }
}

impl Wrong {
    fn new(problem: impl Into<String>, counterpart: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            counterpart: Counterpart::Message(counterpart.into()),
        }
    }
}

/// A whole number. wasm-ld takes those below zero, and reads them as what they are without a sign.
pub(super) fn number(reading: &Reading, text: &str) -> Result<u64, Wrong> {
    let plain = Some(text).filter(|text| !text.starts_with('+'));
    let parsed = plain.and_then(|text| match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if reading.strict => text.parse::<i64>().ok().map(|number| number as u64),
        None => text.parse().ok(),
    });
    parsed.ok_or_else(|| Wrong {
        problem: format!("`{text}` is not a number"),
        counterpart: Counterpart::AfterOption(format!("number expected, but got '{text}'")),
    })
}

/// A number whose prefix determines the base, as wasm-ld reads some.
fn number_of_any_base(reading: &Reading, text: &str) -> Result<u64, Wrong> {
    if !reading.strict {
        return number(reading, text);
    }
    let lower = text.to_ascii_lowercase();
    let (digits, base) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] if text.starts_with("0o") => (&lower[2..], 8),
        [b'0', b'0'..=b'9', ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    let plain = Some(digits).filter(|digits| !digits.starts_with('+'));
    let parsed = plain.and_then(|digits| u64::from_str_radix(digits, base).ok());
    parsed.ok_or_else(|| format!("`{text}` is not a number").into())
}

pub(super) fn list(text: &str) -> Vec<String> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

pub(super) fn keyword(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    match text.split_once('=') {
        Some(("stack-size", value)) => {
            let invalid = format!("invalid stack-size: {value}");
            let size = number_of_any_base(reading, value);
            let size = size.map_err(|wrong| Wrong::new(wrong.problem, invalid));
            reading.options.memory.stack_size = size?;
        }
        None if text == "muldefs" => {
            reading.muldefs = true;
            reading.options.allow_multiple_definition = true;
        }
        // wasm-ld knows all words that begin so, and heeds one.
        _ if reading.strict && text.starts_with("muldefs") => {}
        _ => {
            reading.options.warnings.push(
                Diagnostic::warning(format!("unknown keyword `{text}` of `-z`"))
                    .help("the wasm linker knows `stack-size=BYTES` and `muldefs`")
                    .counterpart(format!("unknown -z value: {text}")),
            );
            if reading.strict && text == "stack-size" {
                return Err(Wrong::new(
                    "`stack-size` needs a number",
                    "invalid stack-size: ",
                ));
            }
        }
    }
    Ok(())
}

/// Why a file cannot be read, as the operating system says it.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

pub(super) fn allow_undefined_file(reading: &mut Reading, path: &str) -> Result<(), Wrong> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let reason = reason(&error);
        let counterpart = format!("cannot open {path}: {reason}");
        Wrong::new(format!("`{path}` cannot be read: {error}"), counterpart)
    })?;
    let copy = (PathBuf::from(path), text.clone().into_bytes());
    reading.options.reports.read.push(copy);
    let lines = text.lines().map(str::trim);
    let names = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    // wasm-ld reads the last of the files.
    if reading.strict {
        reading.options.allow_undefined.clear();
    }
    reading
        .options
        .allow_undefined
        .extend(names.map(str::to_owned));
    Ok(())
}

pub(super) fn compat(reading: &mut Reading, value: &str) -> Result<(), Wrong> {
    match value {
        "wasm-ld" => reading.options.shrink.compat = true,
        "none" => reading.options.shrink.compat = false,
        _ => {
            return Err(
                format!("`{value}` is not a linker to agree with: `wasm-ld`, `none`").into(),
            );
        }
    }
    Ok(())
}

pub(super) fn icf(reading: &mut Reading, value: &str) -> Result<(), Wrong> {
    reading.options.shrink.icf = Some(match value {
        "safe" => true,
        "none" => false,
        _ => return Err(format!("`{value}` is not known: `safe`, `none`").into()),
    });
    Ok(())
}

pub(super) fn unresolved(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    reading.policy = match text {
        "report-all" => None,
        "warn" => Some(Unresolved::Warn),
        "ignore-all" => Some(Unresolved::Ignore),
        "import-dynamic" => Some(Unresolved::Import),
        _ => {
            let counterpart = format!("unknown --unresolved-symbols value: {text}");
            return Err(Wrong::new(format!("unknown choice `{text}`"), counterpart));
        }
    };
    Ok(())
}

pub(super) fn import_memory(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    let (module, name) = match reading.has_value {
        // An explicit name takes precedence.
        false if reading.options.memory.import.is_some() => return Ok(()),
        false => ("env", "memory"),
        true => text.split_once(',').unwrap_or(("env", text)),
    };
    reading.options.memory.import = Some((module.into(), name.into()));
    Ok(())
}

pub(super) fn export_memory(reading: &mut Reading, name: &str) -> Result<(), Wrong> {
    let export = &mut reading.options.memory.export;
    match reading.has_value {
        true => *export = Some(name.into()),
        // A name that was given stays.
        false => drop(export.get_or_insert_with(|| "memory".into())),
    }
    Ok(())
}

pub(super) fn page_size(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    reading.options.memory.page_size = match number(reading, text)? {
        size @ (1 | 65536) => size,
        size => {
            return Err(Wrong::new(
                format!("{size} is neither 1 nor 65536"),
                "--page_size=N must be either 1 or 65536",
            ));
        }
    };
    Ok(())
}

pub(super) fn table_base(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    let base = number(reading, text)?;
    reading.options.table.base =
        u32::try_from(base).map_err(|_| format!("`{text}` is over 0xffffffff"))?;
    // Slot 0 stays empty for null pointers, so 0 stands for the default.
    if reading.options.table.base == 0 {
        reading.options.table.base = 1;
    }
    Ok(())
}

pub(super) fn machine(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    reading.options.memory64 = match text {
        "wasm32" => Some(false),
        "wasm64" => Some(true),
        _ => {
            return Err(Wrong::new(
                format!("unknown machine `{text}`"),
                format!("invalid target architecture: {text}"),
            ));
        }
    };
    Ok(())
}

/// Where a report goes. With an empty name, wasm-ld does not write it.
pub(super) fn report_to(reading: &Reading, path: &str) -> Result<Option<MapTo>, Wrong> {
    match path {
        "" if reading.strict => Ok(None),
        "" => Err("a file is needed, or `-`".into()),
        "-" => Ok(Some(MapTo::Stdout)),
        _ => Ok(Some(MapTo::File(PathBuf::from(path)))),
    }
}

/// Options of wasm-ld that name files or directories.
const PATHS: &[&str] = &[
    "--allow-undefined-file",
    "-allow-undefined-file",
    "--library-path",
    "-library-path",
    "-L",
];

pub(super) fn reproduce(reading: &mut Reading, path: &str) -> Result<(), Wrong> {
    reading.options.reports.reproduce = Some(Reproduce {
        file: PathBuf::from(path),
        args: reading.words.clone(),
        paths: PATHS,
    });
    Ok(())
}

pub(super) fn error_limit(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    reading.options.error_limit = usize::try_from(number(reading, text)?).unwrap_or(0);
    Ok(())
}

pub(super) fn threads(reading: &mut Reading, text: &str) -> Result<(), Wrong> {
    let counterpart = format!("--threads: expected a positive integer, but got '{text}'");
    let count = number_of_any_base(reading, text);
    let count = count.map_err(|wrong| Wrong::new(wrong.problem, counterpart.as_str()))?;
    if reading.strict && u32::try_from(count).is_err() {
        return Err(Wrong::new("there are not so many threads", counterpart));
    }
    // For wasm-ld it is the number of jobs of a code generator, too, which it reads in another way.
    if reading.strict && count > 0 && text.parse::<u32>().is_err() {
        let counterpart = format!("--thinlto-jobs: invalid job count: {text}");
        return Err(Wrong::new("the number is to be decimal", counterpart));
    }
    reading.options.threads = match count {
        0 => return Err(Wrong::new("at least one thread has to work", counterpart)),
        // No machine has more cores, and each thread costs memory.
        count => Some(count.min(256) as usize),
    };
    Ok(())
}

/// Checks the value. The caller decides how messages look.
pub(super) fn colours(text: &str) -> Result<(), Wrong> {
    match text {
        "auto" | "always" | "never" => Ok(()),
        _ => Err(Wrong::new(
            format!("`{text}` is not known: `auto`, `always`, `never`"),
            format!("unknown option: --color-diagnostics={text}"),
        )),
    }
}

/// Response files are read before options; here is only looked at what was said.
pub(super) fn quoting(_: &mut Reading, text: &str) -> Result<(), Wrong> {
    match text {
        "posix" | "windows" => Ok(()),
        _ => Err(Wrong::new(
            format!("`{text}` is not known: `posix`, `windows`"),
            format!("invalid response file quoting: {text}"),
        )),
    }
}

pub(super) fn wrap(reading: &mut Reading, name: &str) -> Result<(), Wrong> {
    if name.is_empty() && !reading.strict {
        return Err("a symbol's name is needed".into());
    }
    let known = &mut reading.options.wrap;
    if !known.iter().any(|wrap| wrap.name == name) {
        known.push(Wrap {
            name: name.into(),
            real: format!("__real_{name}"),
            wrap: format!("__wrap_{name}"),
        });
    }
    Ok(())
}

pub(super) fn build_id(reading: &mut Reading, style: &str) -> Result<(), Wrong> {
    reading.options.build_id = match style {
        "none" => BuildId::None,
        "" if !(reading.strict && reading.has_value) => BuildId::Fast,
        "fast" => BuildId::Fast,
        "sha1" | "tree" => BuildId::Sha1,
        "md5" => BuildId::Md5,
        "uuid" => {
            return Err("a random build id would make every link differ; take sha1".into());
        }
        _ => BuildId::Hex(
            style
                .strip_prefix("0x")
                .and_then(|digits| match digits {
                    // wasm-ld writes an empty one.
                    "" if reading.strict => Some(Vec::new()),
                    _ => hex_bytes(digits),
                })
                .ok_or_else(|| {
                    let problem = format!(
                        "`{style}` is not known: none, fast, sha1, tree, md5, 0x and digits"
                    );
                    Wrong::new(
                        problem,
                        match style.strip_prefix("0x") {
                            Some(digits) => format!("not a hexadecimal value: {digits}"),
                            None => format!("unknown --build-id style: {style}"),
                        },
                    )
                })?,
        ),
    };
    Ok(())
}

/// Two digits for each byte. As in wasm-ld, the last of an odd number of digits is a byte of its own.
fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    match digits.len() % 2 {
        1 if digits.is_ascii() => {
            let (most, last) = digits.split_at(digits.len() - 1);
            crate::options::build::hex_bytes(&format!("{most}0{last}"))
        }
        _ => crate::options::build::hex_bytes(digits),
    }
}
