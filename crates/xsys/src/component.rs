//! xsys as `wasm-component-ld`: a link whose module is wrapped into a component.
//!
//! rustc calls it for WASI 0.2 and later. It takes wasm-ld's command line with additional options; these are taken out
//! here, and the rest is an ordinary link. It is called by the name `wasm-component-ld`, or with [`FLAG`] on the
//! linker's command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use xsys_diag::{Diagnostic, did_you_mean};
use xsys_image::component::{Adapter, Options, Strings, write};
use xsys_link::wasm::command::{link_command_line, link_command_line_through};
use xsys_link::wasm::options::expand_all;
use xsys_link::{Flavor, Outcome};

use crate::error::file;

/// The flag that asks the wasm linker for a component.
pub(crate) const FLAG: &str = "--component";

/// What a command line asks for.
pub(crate) enum Request {
    /// An ordinary link with these words.
    Plain(Vec<OsString>),
    Component(Component),
}

/// A component to be made.
pub(crate) struct Component {
    /// The linker's words.
    words: Vec<OsString>,
    options: Options,
    /// Whether the module is the result: `--skip-wit-component`, or a shared library.
    only_module: bool,
    help: bool,
}

const HELP: &str = "\
options of a component, among those of wasm-ld:
  --adapt [NAME=]MODULE             an adapter for imports of the module NAME
  --append-lld-flag FLAG            another argument of the linker
  --component-type FILE             WIT whose world counts as well
  --merge-imports-based-on-semver BOOL
  --realloc-via-memory-grow         adapters grow the memory for what they need
  --reject-legacy-names             only names of the component model's build targets
  --skip-wit-component              only link
  --string-encoding ENCODING        utf8, utf16 or compact-utf16, for `--component-type`
  --validate-component BOOL
  --wasi-adapter KIND               command, reactor, proxy or none
";

impl Request {
    /// Looks for [`FLAG`] and takes the options of components out of the words.
    pub(crate) fn take(flavor: Flavor, words: Vec<OsString>) -> Result<Self, Vec<Diagnostic>> {
        if flavor != Flavor::Wasm || !asks(&words) {
            return Ok(Self::Plain(words));
        }
        let (words, mut problems) = expand_all(&words);
        let mut component = Component {
            words: Vec::new(),
            options: Options::default(),
            only_module: false,
            help: false,
        };
        let mut appended = Vec::new();
        let mut rest = words.into_iter();
        while let Some(word) = rest.next() {
            match component.option(&word, &mut rest, &mut appended) {
                Ok(true) => {}
                Ok(false) => component.words.push(word),
                Err(problem) => problems.push(problem),
            }
        }
        component.words.extend(appended);
        match problems.is_empty() {
            true => Ok(Self::Component(component)),
            false => Err(problems),
        }
    }
}

/// Whether the words, or those of a response file, have the flag.
fn asks(words: &[OsString]) -> bool {
    if words.iter().any(|word| word == FLAG) {
        return true;
    }
    let has_files = words
        .iter()
        .any(|word| word.as_encoded_bytes().starts_with(b"@"));
    has_files && expand_all(words).0.iter().any(|word| word == FLAG)
}

impl Component {
    /// Takes a word, with its value, if it is an option of components.
    fn option(
        &mut self,
        word: &OsStr,
        rest: &mut impl Iterator<Item = OsString>,
        appended: &mut Vec<OsString>,
    ) -> Result<bool, Diagnostic> {
        let Some(text) = word.to_str().filter(|text| text.starts_with('-')) else {
            return Ok(false);
        };
        let (name, joined) = match text.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (text, None),
        };
        let mut value = || {
            let value = joined.clone().or_else(|| rest.next());
            value.ok_or_else(|| Diagnostic::error(format!("option `{name}` needs a value")))
        };
        match name {
            FLAG => {}
            "--help" | "-h" => self.help = true,
            // The linker is this program, which reads both kinds of quotes.
            "--wasm-ld-path" | "--rsp-quoting" => drop(value()?),
            "-v" | "--verbose" => {}
            "--skip-wit-component" => self.only_module = true,
            "-shared" | "--shared" => {
                self.only_module = true;
                return Ok(false);
            }
            "--reject-legacy-names" => self.options.reject_legacy_names = true,
            "--realloc-via-memory-grow" => self.options.realloc_by_growing = true,
            "--validate-component" => self.options.validate = boolean(name, &value()?)?,
            "--merge-imports-based-on-semver" => {
                self.options.merge_versions = boolean(name, &value()?)?;
            }
            "--wasi-adapter" => {
                self.options.wasi = Some(one_of(name, &value()?, &Adapter::NAMES)?);
            }
            "--string-encoding" => {
                self.options.strings = one_of(name, &value()?, &Strings::NAMES)?;
            }
            "--component-type" => self.options.wit.push(PathBuf::from(value()?)),
            "--adapt" => self.options.adapters.push(adapter(&value()?)?),
            "--append-lld-flag" => appended.push(value()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Links, and wraps the module that was made.
    pub(crate) fn link(self) -> Outcome {
        if self.help {
            return Outcome {
                stdout: HELP.to_owned(),
                ..Outcome::default()
            };
        }
        if self.only_module {
            return link_command_line(&self.words);
        }
        link_command_line_through(&self.words, |module| {
            write(&module, &self.options).map_err(|error| error.into_diagnostic())
        })
    }
}

fn boolean(name: &str, value: &OsStr) -> Result<bool, Diagnostic> {
    one_of(name, value, &[("true", true), ("false", false)])
}

fn one_of<T: Copy>(name: &str, value: &OsStr, known: &[(&str, T)]) -> Result<T, Diagnostic> {
    let text = value.to_string_lossy();
    if let Some((_, found)) = known.iter().find(|(known, _)| *known == text) {
        return Ok(*found);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let problem = Diagnostic::error(format!("option `{name}`: unknown value `{text}`"));
    Err(match did_you_mean(&text, names.iter().copied()) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem.help(format!("one of {}", names.join(", "))),
    })
}

/// `NAME=FILE`, or a file named after the module that it replaces.
fn adapter(value: &OsStr) -> Result<(String, Vec<u8>), Diagnostic> {
    let text = value.to_string_lossy();
    let (name, path) = match text.split_once('=') {
        Some((name, path)) => (name.to_owned(), path.to_owned()),
        None => {
            let stem = Path::new(text.as_ref()).file_stem();
            let stem = stem.unwrap_or_default().to_string_lossy();
            // `wasi_snapshot_preview1.reactor.wasm` replaces the module before the first dot.
            let name = stem.split('.').next().unwrap_or_default().to_owned();
            (name, text.into_owned())
        }
    };
    let bytes = std::fs::read(&path).map_err(|error| file("read", Path::new(&path), &error))?;
    Ok((name, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(line: &str) -> Result<Request, Vec<Diagnostic>> {
        let words = line.split_whitespace().map(OsString::from).collect();
        Request::take(Flavor::Wasm, words)
    }

    fn component(line: &str) -> Component {
        match take(line) {
            Ok(Request::Component(component)) => component,
            Ok(Request::Plain(_)) => panic!("`{line}` asks for no component"),
            Err(problems) => panic!("{}", problems[0]),
        }
    }

    #[test]
    fn options_of_components_are_taken_out() {
        let made = component(
            "--component --export=a --wasi-adapter reactor a.o --validate-component=false \
             --wasm-ld-path /x -o b.wasm --component-type w.wit --string-encoding utf16 \
             --append-lld-flag=--strip-all --merge-imports-based-on-semver false -l c",
        );
        let words: Vec<_> = made.words.iter().filter_map(|word| word.to_str()).collect();
        assert_eq!(
            words,
            [
                "--export=a",
                "a.o",
                "-o",
                "b.wasm",
                "-l",
                "c",
                "--strip-all"
            ]
        );
        assert_eq!(
            made.options,
            Options {
                wasi: Some(Adapter::Reactor),
                wit: vec!["w.wit".into()],
                strings: Strings::Utf16,
                validate: false,
                merge_versions: false,
                ..Options::default()
            }
        );
        assert!(!made.only_module);
        assert!(component("--component -shared a.o").only_module);
        assert!(matches!(take("a.o --export=b"), Ok(Request::Plain(_))));
        let gnu = Request::take(Flavor::Gnu, vec![FLAG.into()]);
        assert!(matches!(gnu, Ok(Request::Plain(_))));
    }

    #[test]
    fn mistakes_are_told() {
        for (line, expected) in [
            (
                "--component --wasi-adapter comand",
                "unknown value `comand`\n  = help: did you mean `command`?",
            ),
            ("--component --adapt", "option `--adapt` needs a value"),
            ("--component --adapt /nowhere/a.wasm", "/nowhere/a.wasm"),
            ("--component --validate-component=1", "one of true, false"),
        ] {
            let problems = match take(line) {
                Err(problems) => problems,
                Ok(_) => panic!("`{line}` is accepted"),
            };
            assert!(
                problems[0].to_string().contains(expected),
                "{}",
                problems[0]
            );
        }
    }
}
