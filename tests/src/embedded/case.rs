//! `case.toml`: how a project is built and run, and what its image must be like.
//!
//! ```toml
//! target = "thumbv6m-none-eabi"   # a triple that rustc knows, or a spec file in the directory
//! profiles = ["debug", "release"] # that is the default
//! rustflags = ["-Ctarget-feature=+relax"] # replace those of the project's configuration
//! args = ["--features", "v6m"]    # more words for `xsys build`
//! env = { BOARD = "microbit" }    # for the build
//! bin = "blinky"                  # the program, if it is not called as the package
//! run = ["qemu-system-arm", "-M", "microbit", "-kernel", "{elf}"] # or run = "link-only"
//! exit = 0                        # how the emulator ends
//! stdout = "hello [..]\n"         # what it prints: `[..]` any text, a line `...` any lines
//! check = ["addr(.data) == 0x20000000"] # as in the cases of the linker
//! differs = ["contents .text - why"]    # from rust-lld, as there
//!
//! [[variant]]                     # a test each; lists are added, everything else is replaced
//! name = "v6m"
//! ```
//!
//! `differs` knows two words more than the cases of the linker: `size` if the image may be larger
//! than rust-lld's, and `everything` if rust-lld cannot link the program at all. In `run`, `{elf}` is
//! the linked file and `{bin}` the flat image made of it. An unknown key is an error, so that a
//! misspelt check is noticed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

/// A variant of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The directory's name, and the variant's behind `::`.
    #[serde(skip)]
    pub title: String,
    /// The project.
    #[serde(skip)]
    pub folder: PathBuf,
    pub target: String,
    #[serde(default = "both_profiles")]
    pub profiles: Vec<String>,
    #[serde(default)]
    pub rustflags: Vec<String>,
    #[serde(default)]
    pub args: Vec<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    pub bin: Option<String>,
    run: Run,
    #[serde(default)]
    pub exit: i32,
    #[serde(default)]
    pub stdout: Option<String>,
    #[serde(default)]
    pub check: Vec<String>,
    #[serde(default)]
    pub differs: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Run {
    Words(Vec<String>),
    Text(String),
}

fn both_profiles() -> Vec<String> {
    vec!["debug".to_owned(), "release".to_owned()]
}

impl Case {
    /// Reads a directory's `case.toml`; one case a variant.
    pub fn load_all(folder: &Path) -> Result<Vec<Case>, String> {
        let text = std::fs::read_to_string(folder.join("case.toml"))
            .map_err(|error| format!("case.toml: {error}"))?;
        let mut cases = parse(&text)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        for case in &mut cases {
            case.title = match case.title.as_str() {
                "" => name.clone().into_owned(),
                variant => format!("{name}::{variant}"),
            };
            case.folder = folder.to_owned();
            if !folder.join("Cargo.lock").is_file() {
                return Err("the project has no Cargo.lock; versions must not move".to_owned());
            }
        }
        Ok(cases)
    }

    /// The emulator's command line; none if the program is only linked.
    pub fn run(&self) -> Option<&[String]> {
        match &self.run {
            Run::Words(words) => Some(words),
            Run::Text(_) => None,
        }
    }

    /// What cargo calls the target.
    pub fn target_name(&self) -> &str {
        self.target.strip_suffix(".json").unwrap_or(&self.target)
    }

    /// The program's name.
    pub fn program(&self) -> Result<String, String> {
        if let Some(name) = &self.bin {
            return Ok(name.clone());
        }
        let text = std::fs::read_to_string(self.folder.join("Cargo.toml"))
            .map_err(|error| format!("Cargo.toml: {error}"))?;
        let manifest: Table = text
            .parse()
            .map_err(|error| format!("Cargo.toml: {error}"))?;
        let name = manifest
            .get("package")
            .and_then(|package| package.get("name")?.as_str());
        name.map(str::to_owned)
            .ok_or_else(|| "the project is a workspace: `bin` must name the program".to_owned())
    }
}

fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut common: Table = text
        .parse()
        .map_err(|error| format!("case.toml: {error}"))?;
    let variants = match common.remove("variant") {
        None => vec![Table::new()],
        Some(Value::Array(list)) => list
            .into_iter()
            .map(|variant| match variant {
                Value::Table(table) => Ok(table),
                _ => Err("case.toml: a variant is a table, `[[variant]]`".to_owned()),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err("case.toml: variants are written `[[variant]]`".to_owned()),
    };
    variants
        .into_iter()
        .map(|mut variant| {
            let name = match variant.remove("name") {
                Some(Value::String(name)) => name,
                Some(_) => return Err("case.toml: a variant's `name` is a text".to_owned()),
                None => String::new(),
            };
            let mut case = Case::deserialize(overlaid(&common, variant))
                .map_err(|error| format!("case.toml: {error}"))?;
            case.check()?;
            case.title = name;
            Ok(case)
        })
        .collect()
}

/// A variant's keys over the common ones.
fn overlaid(common: &Table, variant: Table) -> Table {
    let mut all = common.clone();
    for (key, value) in variant {
        match (key.as_str(), all.get_mut(&key), value) {
            (
                "args" | "rustflags" | "check" | "differs",
                Some(Value::Array(all)),
                Value::Array(more),
            ) => {
                all.extend(more);
            }
            (_, _, value) => {
                all.insert(key, value);
            }
        }
    }
    all
}

impl Case {
    fn check(&self) -> Result<(), String> {
        match &self.run {
            Run::Text(text) if text != "link-only" => {
                return Err("case.toml: `run` is a list of words or \"link-only\"".to_owned());
            }
            Run::Text(_) if self.stdout.is_some() || self.exit != 0 => {
                return Err("case.toml: a program that is only linked prints nothing".to_owned());
            }
            Run::Words(_) if self.stdout.is_none() => {
                return Err("case.toml: `stdout` says what the program prints".to_owned());
            }
            _ => {}
        }
        if let Some(excuse) = self.differs.iter().find(|text| !text.contains(" - ")) {
            return Err(format!("case.toml: `{excuse}` differs without a reason"));
        }
        if let Some(profile) = self
            .profiles
            .iter()
            .find(|profile| *profile != "debug" && *profile != "release")
        {
            return Err(format!("case.toml: there is no profile `{profile}`"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn variants_are_laid_over_the_rest() {
        let text = "target = 'a'\nargs = ['x']\nstdout = 's'\nrun = ['q']\n\
                    [[variant]]\nname = 'one'\nargs = ['y']\n\
                    [[variant]]\nname = 'two'\ntarget = 'b.json'\nprofiles = ['debug']\n";
        let cases = parse(text).unwrap();
        assert_eq!(cases[0].args, ["x", "y"]);
        assert_eq!((cases[0].target_name(), cases[1].target_name()), ("a", "b"));
        assert_eq!(cases[1].profiles, ["debug"]);
    }

    #[test]
    fn mistakes_are_told() {
        for (text, message) in [
            ("target = 'a'\nrun = 'link-onyl'", "`run` is a list"),
            ("target = 'a'\nrun = ['q']", "`stdout` says"),
            (
                "target = 'a'\nrun = 'link-only'\nchekc = []",
                "unknown field `chekc`",
            ),
            (
                "target = 'a'\nrun = 'link-only'\ndiffers = ['size']",
                "without a reason",
            ),
            (
                "target = 'a'\nrun = 'link-only'\nprofiles = ['fast']",
                "no profile `fast`",
            ),
            ("target = 'a'", "missing field `run`"),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.contains(message), "{found}");
        }
    }
}
