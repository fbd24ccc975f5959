//! One link by both linkers, and how the results compare.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

use xsys_link::{Flavor, link_command_line};

use super::explained;
use super::files;
use super::model::Link;
use crate::wasm::module;

/// Files that a linker writes beside the module, and what is in them.
const REPORTS: &[(&str, &str)] = &[("members.txt", "archives' members"), ("map.txt", "the map")];

/// What a linker tells besides its errors: by what it is, the text.
pub type Told = Vec<(&'static str, String)>;

/// The result of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A module.
    Module(Vec<u8>),
    /// Errors, in words.
    Refused(String),
    /// The linker itself failed.
    Crashed(String),
}

/// A link by each linker.
#[derive(Clone, Debug)]
pub struct Links {
    /// rust-lld's.
    pub lld: Outcome,
    /// Ours with `--compat=wasm-ld`.
    pub compat: Outcome,
    /// Ours as users call it.
    pub usual: Outcome,
    /// What rust-lld and compat mode told, where the command line asks for that.
    pub told: [Told; 2],
}

/// How two links compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes are the same.
    Same,
    /// Both are refused; the message of rust-lld.
    BothRefuse(String),
    /// They differ for a reason in the [table](explained::TABLE).
    Explained(&'static str),
    /// They differ: how, and the details.
    Different(String, String),
}

/// Where and how links are made.
#[derive(Debug)]
pub struct Bench {
    lld: PathBuf,
    folder: PathBuf,
    pool: rayon::ThreadPool,
    /// Another xsys than this one (`XSYS_WASM_DIFF_XSYS`), for example an older one, to see what was fixed since.
    other: Option<PathBuf>,
}

impl Bench {
    /// A bench that writes into a directory.
    pub fn new(lld: PathBuf, folder: PathBuf) -> Result<Self, String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|e| format!("cannot start threads: {e}"))?;
        let other = std::env::var_os("XSYS_WASM_DIFF_XSYS").map(PathBuf::from);
        Ok(Self {
            lld,
            folder,
            pool,
            other,
        })
    }

    /// Links by both.
    pub fn links(&self, link: &Link) -> Result<Links, String> {
        let _ = std::fs::remove_dir_all(&self.folder);
        for name in ["lld", "compat", "usual"] {
            let folder = self.folder.join(name);
            std::fs::create_dir_all(folder).map_err(|e| format!("cannot create a folder: {e}"))?;
        }
        let inputs = files::write(link, &self.folder).map_err(|e| format!("cannot write: {e}"))?;
        let mut words: Vec<String> = link.options.concat();
        for word in &mut words {
            if let Some(option) = word.strip_suffix(files::ALLOWED) {
                *word = format!("{option}{}", self.folder.join(files::ALLOWED).display());
            }
        }
        for word in inputs {
            words.push(match word.as_str() {
                files::HERE => format!("-L{}", self.folder.display()),
                option if option.starts_with('-') => word,
                file => self.folder.join(file).display().to_string(),
            });
        }
        let (lld, lld_prints) = self.theirs(&self.for_linker(&words, "lld"))?;
        let compat = self.for_linker(&words, "compat");
        let (compat, compat_prints) = self.ours(&compat, "compat", Some("--compat=wasm-ld"));
        // The other mode warns of other things.
        words.retain(|word| word != "--fatal-warnings");
        let (usual, _) = self.ours(&self.for_linker(&words, "usual"), "usual", None);
        let told = [("lld", lld_prints), ("compat", compat_prints)].map(|(name, prints)| {
            let folder = self.folder.join(name);
            let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            let files = REPORTS.iter().map(|&(file, what)| (what, read(file)));
            [("what is printed", prints)]
                .into_iter()
                .chain(files)
                .collect()
        });
        Ok(Links {
            lld,
            compat,
            usual,
            told,
        })
    }

    /// The words for one of the linkers: files besides the module go where that goes.
    fn for_linker(&self, words: &[String], name: &str) -> Vec<String> {
        let folder = self.folder.join(name);
        let words = words.iter().map(|word| {
            let mut found = REPORTS.iter().filter_map(|(file, _)| {
                let option = word.strip_suffix(file)?;
                Some(format!("{option}{}", folder.join(file).display()))
            });
            found.next().unwrap_or_else(|| word.clone())
        });
        words.collect()
    }

    /// Links by both, and judges.
    pub fn judge(&self, link: &Link) -> Result<Verdict, String> {
        Ok(judge(link, &self.links(link)?))
    }

    /// What came of it, and what was printed.
    fn theirs(&self, words: &[String]) -> Result<(Outcome, String), String> {
        let output = self.folder.join("lld/out.wasm");
        let result = Command::new(&self.lld)
            .args(["-flavor", "wasm", "--threads=1"])
            .args(words)
            .arg("-o")
            .arg(&output)
            .output()
            .map_err(|e| format!("cannot start rust-lld: {e}"))?;
        let said = String::from_utf8_lossy(&result.stderr).into_owned();
        let prints = String::from_utf8_lossy(&result.stdout).into_owned();
        let outcome = match result.status.code() {
            Some(0) => match std::fs::read(&output) {
                Ok(bytes) => Outcome::Module(bytes),
                Err(error) => Outcome::Refused(format!("there is no output: {error}")),
            },
            // Shells and lld itself report a signal so.
            Some(code) if code < 128 => Outcome::Refused(said),
            _ => Outcome::Crashed(said),
        };
        Ok((outcome, prints))
    }

    /// The same for us.
    fn ours(&self, words: &[String], folder: &str, more: Option<&str>) -> (Outcome, String) {
        let output = self.folder.join(folder).join("out.wasm");
        let words = more.into_iter().chain(words.iter().map(String::as_str));
        let mut args: Vec<OsString> = words.map(OsString::from).collect();
        args.extend(["-o".into(), output.clone().into_os_string()]);
        if let Some(other) = &self.other {
            return elsewhere(other, &args, &output);
        }
        let run = || link_command_line(Flavor::Wasm, &args);
        match catch_unwind(AssertUnwindSafe(|| self.pool.install(run))) {
            Err(_) => (Outcome::Crashed("a panic".into()), String::new()),
            Ok(outcome) if outcome.crashed => {
                let said = outcome.diagnostics.iter().map(|d| d.to_string());
                (Outcome::Crashed(said.collect()), outcome.stdout)
            }
            Ok(outcome) if outcome.failed => {
                let said: Vec<String> = outcome.diagnostics.iter().map(|d| d.to_string()).collect();
                (Outcome::Refused(said.join("\n")), outcome.stdout)
            }
            Ok(outcome) => (written(&output), outcome.stdout),
        }
    }
}

fn written(output: &Path) -> Outcome {
    match std::fs::read(output) {
        Ok(bytes) => Outcome::Module(bytes),
        Err(error) => Outcome::Crashed(format!("there is no output: {error}")),
    }
}

/// A link by another xsys.
fn elsewhere(xsys: &Path, args: &[OsString], output: &Path) -> (Outcome, String) {
    let result = Command::new(xsys)
        .args(["ld", "-flavor", "wasm"])
        .args(args)
        .output();
    let prints = result
        .as_ref()
        .map(|result| String::from_utf8_lossy(&result.stdout).into_owned());
    let prints = prints.unwrap_or_default();
    let outcome = match result {
        Ok(result) if result.status.code() == Some(101) => Outcome::Crashed("a panic".into()),
        Ok(result) if !result.status.success() => {
            Outcome::Refused(String::from_utf8_lossy(&result.stderr).into_owned())
        }
        _ => written(output),
    };
    (outcome, prints)
}

/// The first thing that the two tell in different words, and both texts.
fn told_otherwise([lld, compat]: &[Told; 2]) -> Option<(String, String)> {
    let mut pairs = lld.iter().zip(compat);
    let ((what, theirs), (_, ours)) = pairs.find(|(theirs, ours)| theirs != ours)?;
    Some((
        (*what).to_owned(),
        format!("compat mode:\n{ours}rust-lld:\n{theirs}"),
    ))
}

/// Compares the links.
fn judge(link: &Link, links: &Links) -> Verdict {
    let (way, details) = match (&links.lld, &links.compat, &links.usual) {
        (_, Outcome::Crashed(said), _) => ("compat mode crashes".to_owned(), said.clone()),
        (_, _, Outcome::Crashed(said)) => ("default mode crashes".to_owned(), said.clone()),
        (Outcome::Crashed(_), ..) => return Verdict::Explained(explained::CRASH),
        (Outcome::Refused(theirs), Outcome::Refused(_), _) => {
            return Verdict::BothRefuse(shape(theirs));
        }
        (Outcome::Refused(theirs), Outcome::Module(_), _) => (
            format!("only rust-lld refuses: {}", shape(theirs)),
            theirs.clone(),
        ),
        (Outcome::Module(_), Outcome::Refused(ours), _) => (
            format!("only compat mode refuses: {}", shape(ours)),
            ours.clone(),
        ),
        (Outcome::Module(theirs), Outcome::Module(ours), _)
            if theirs == ours && links.told[0] != links.told[1] =>
        {
            told_otherwise(&links.told).unwrap_or_default()
        }
        (Outcome::Module(theirs), Outcome::Module(ours), usual) if theirs == ours => match usual {
            Outcome::Refused(said) => (
                format!("only default mode refuses: {}", shape(said)),
                said.clone(),
            ),
            Outcome::Module(bytes) => match (module::validate(theirs), module::validate(bytes)) {
                (Ok(()), Err(problem)) => (
                    "only default mode's module is not valid".to_owned(),
                    problem,
                ),
                _ => return Verdict::Same,
            },
            Outcome::Crashed(_) => return Verdict::Same,
        },
        (Outcome::Module(theirs), Outcome::Module(ours), _) => {
            let (section, text) =
                crate::wasm::links::first_difference(ours, theirs).unwrap_or_default();
            (format!("bytes: {section}"), text)
        }
    };
    match explained::reason(link, links, &way) {
        Some(reason) => Verdict::Explained(reason),
        None => Verdict::Different(way, details),
    }
}

/// The first message without names and numbers, which identifies the kind of error.
fn shape(said: &str) -> String {
    let message = said.lines().find(|line| line.contains("error"));
    let message = message.or_else(|| said.lines().next()).unwrap_or_default();
    let message = message
        .rsplit_once("error: ")
        .map_or(message, |(_, rest)| rest);
    let mut out = String::new();
    let mut quoted = false;
    for letter in message.chars() {
        match letter {
            '`' => quoted = !quoted,
            '0'..='9' => {}
            _ if quoted => {}
            _ => out.push(letter),
        }
    }
    let words = out
        .split_whitespace()
        .filter(|word| !word.contains('/') && !word.contains(".o"));
    words.take(9).collect::<Vec<_>>().join(" ")
}
