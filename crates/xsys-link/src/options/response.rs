//! Response files: `@file` stands for the arguments the file holds.
//!
//! Build systems use them if a command line gets longer than the system allows; rustc writes one
//! argument on each line and puts a backslash before blanks and backslashes. The rules are those of
//! GNU's libiberty (`buildargv`): blanks separate, `'…'` and `"…"` group, a backslash makes the next
//! character literal, inside quotes too. Files may name further files.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;

/// How blanks and quotes are written in response files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// As GNU's tools do.
    Gnu,
    /// As programs on Windows split their command line: a backslash means itself unless a double
    /// quote follows.
    Windows,
}

/// Replaces `@file` arguments; a file that cannot be used is reported and left out.
pub(crate) fn expand(
    args: &[OsString],
    quoting: Quoting,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OsString> {
    let mut expanded = Vec::with_capacity(args.len());
    expand_into(args, quoting, &mut Vec::new(), &mut expanded, diagnostics);
    expanded
}

/// The response files that arguments name, those within others included.
pub(crate) fn files(args: &[OsString], quoting: Quoting) -> Vec<PathBuf> {
    let (mut files, mut queue) = (Vec::new(), args.to_vec());
    while let Some(arg) = queue.pop() {
        let name = (arg.as_encoded_bytes().first() == Some(&b'@')).then(|| tail(&arg, 1));
        let Some(name) = name.flatten().filter(|name| !name.is_empty()) else {
            continue;
        };
        if let Ok((path, inner)) = read(Path::new(&name), quoting, &files) {
            files.push(path);
            queue.extend(inner);
        }
    }
    files
}

fn expand_into(
    args: &[OsString],
    quoting: Quoting,
    open: &mut Vec<PathBuf>,
    expanded: &mut Vec<OsString>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for arg in args {
        let name = (arg.as_encoded_bytes().first() == Some(&b'@')).then(|| tail(arg, 1));
        let Some(name) = name.flatten().filter(|name| !name.is_empty()) else {
            expanded.push(arg.clone());
            continue;
        };
        match read(Path::new(&name), quoting, open) {
            Ok((path, inner)) => {
                open.push(path);
                expand_into(&inner, quoting, open, expanded, diagnostics);
                open.pop();
            }
            // An input may have such a name.
            Err(_) if Path::new(arg).exists() => expanded.push(arg.clone()),
            Err(message) => diagnostics.push(Diagnostic::error(message).counterpart(format!(
                "cannot open {}: No such file or directory",
                arg.display()
            ))),
        }
    }
}

/// The arguments in a file, and its path for the search for cycles.
fn read(
    name: &Path,
    quoting: Quoting,
    open: &[PathBuf],
) -> Result<(PathBuf, Vec<OsString>), String> {
    let failed = |error| {
        format!(
            "cannot read the response file `{}`: {error}",
            name.display()
        )
    };
    let path = name.canonicalize().map_err(failed)?;
    if open.contains(&path) {
        return Err(format!(
            "the response file `{}` includes itself",
            name.display()
        ));
    }
    let bytes = std::fs::read(&path).map_err(failed)?;
    let args = match quoting {
        Quoting::Gnu => split(&bytes),
        Quoting::Windows => split_windows(&bytes),
    };
    let args = args
        .into_iter()
        .map(from_bytes)
        .collect::<Option<_>>()
        .ok_or_else(|| format!("the response file `{}` is not UTF-8", name.display()))?;
    Ok((path, args))
}

/// Splits text into arguments.
fn split(text: &[u8]) -> Vec<Vec<u8>> {
    let mut args = Vec::new();
    // `None` between arguments; quotes make an argument even if nothing is inside.
    let mut arg: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\\', _) => arg.get_or_insert_default().extend(bytes.next()),
            (_, Some(end)) if byte == end => quote = None,
            (_, Some(_)) => arg.get_or_insert_default().push(byte),
            (b'\'' | b'"', None) => {
                quote = Some(byte);
                arg.get_or_insert_default();
            }
            (b' ' | b'\t'..=b'\r', None) => args.extend(arg.take()),
            _ => arg.get_or_insert_default().push(byte),
        }
    }
    args.extend(arg);
    args
}

/// Splits text by the rules of Microsoft's C runtime ("Parsing C command-line arguments"): of the
/// backslashes before a double quote every second one stays, and an odd one makes the quote a letter.
fn split_windows(text: &[u8]) -> Vec<Vec<u8>> {
    let mut args = Vec::new();
    let mut arg: Option<Vec<u8>> = None;
    let (mut quoted, mut backslashes) = (false, 0);
    for &byte in text {
        if byte == b'\\' {
            backslashes += 1;
            continue;
        }
        if backslashes > 0 {
            let kept = if byte == b'"' {
                backslashes / 2
            } else {
                backslashes
            };
            arg.get_or_insert_default()
                .extend(std::iter::repeat_n(b'\\', kept));
        }
        let literal = backslashes % 2 == 1;
        backslashes = 0;
        match byte {
            b'"' if literal => arg.get_or_insert_default().push(byte),
            b'"' => {
                quoted = !quoted;
                arg.get_or_insert_default();
            }
            b' ' | b'\t'..=b'\r' if !quoted => args.extend(arg.take()),
            _ => arg.get_or_insert_default().push(byte),
        }
    }
    if backslashes > 0 {
        arg.get_or_insert_default()
            .extend(std::iter::repeat_n(b'\\', backslashes));
    }
    args.extend(arg);
    args
}

#[cfg(unix)]
fn from_bytes(bytes: Vec<u8>) -> Option<OsString> {
    Some(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(OsString::from)
}

/// The part of an argument from a byte offset on, which must follow ASCII; `None` where the system
/// does not let text that is not Unicode be cut.
#[cfg(unix)]
pub(super) fn tail(arg: &OsStr, at: usize) -> Option<OsString> {
    let bytes = arg.as_encoded_bytes().get(at..)?;
    let tail: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    Some(tail.to_owned())
}

/// The part of an argument from a byte offset on, which must follow ASCII; `None` where the system
/// does not let text that is not Unicode be cut.
#[cfg(not(unix))]
pub(super) fn tail(arg: &OsStr, at: usize) -> Option<OsString> {
    arg.to_str()?.get(at..).map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        for (text, expected) in [
            ("", vec![]),
            (" \n\t ", vec![]),
            ("a  b\nc", vec!["a", "b", "c"]),
            ("'a b' \"c d\"", vec!["a b", "c d"]),
            (r"a\ b\\c", vec![r"a b\c"]),
            (r#""a\"b" 'c\'d'"#, vec!["a\"b", "c'd"]),
            ("''", vec![""]),
            ("a'b'c", vec!["abc"]),
            ("\"'\"", vec!["'"]),
            ("'open", vec!["open"]),
            ("end\\", vec!["end"]),
        ] {
            let args: Vec<_> = split(text.as_bytes())
                .into_iter()
                .map(|arg| String::from_utf8(arg).unwrap())
                .collect();
            assert_eq!(args, expected, "{text}");
        }
    }

    #[test]
    fn quoting_on_windows() {
        for (text, expected) in [
            (r"C:\a\b c", vec![r"C:\a\b", "c"]),
            (r#""C:\a b\" x"#, vec!["C:\\a b\" x"]),
            (r#""C:\a b\\" x"#, vec![r"C:\a b\", "x"]),
            (r#"a\"b "" 'c d'"#, vec!["a\"b", "", "'c", "d'"]),
            ("", vec![]),
        ] {
            let args: Vec<_> = split_windows(text.as_bytes())
                .into_iter()
                .map(|arg| String::from_utf8(arg).unwrap())
                .collect();
            assert_eq!(args, expected, "{text}");
        }
    }

    #[test]
    fn files_name_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(path("outer"), format!("-a @{} -c", path("inner"))).unwrap();
        std::fs::write(path("inner"), "-b").unwrap();
        std::fs::write(path("cycle"), format!("-x @{}", path("cycle"))).unwrap();
        let run = |args: &[String]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            let mut diagnostics = Vec::new();
            (expand(&args, Quoting::Gnu, &mut diagnostics), diagnostics)
        };
        let (args, diagnostics) = run(&[format!("@{}", path("outer")), "@".into(), "-d".into()]);
        assert_eq!(args, ["-a", "-b", "-c", "@", "-d"]);
        let named = files(&[format!("@{}", path("outer")).into()], Quoting::Gnu);
        let names: Vec<_> = named.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["outer", "inner"]);
        assert!(diagnostics.is_empty());
        let (args, diagnostics) = run(&[format!("@{}", path("cycle")), format!("@{}", path("no"))]);
        assert_eq!(args, ["-x"]);
        assert!(diagnostics[0].message.ends_with("includes itself"));
        assert!(
            diagnostics[1]
                .message
                .starts_with("cannot read the response file")
        );
    }
}
