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

/// The file that `--why-extract` writes.
pub const MEMBERS: &str = "members.txt";

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
    pub strict: Outcome,
    /// Ours as users call it.
    pub usual: Outcome,
    /// What rust-lld and strict mode wrote about archives' members, where the command line asks for that.
    pub members: [Option<String>; 2],
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
    /// A bench that writes into a folder.
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
        for name in ["lld", "strict", "usual"] {
            let folder = self.folder.join(name);
            std::fs::create_dir_all(folder).map_err(|e| format!("cannot create a folder: {e}"))?;
        }
        let inputs = files::write(link, &self.folder).map_err(|e| format!("cannot write: {e}"))?;
        let mut words: Vec<String> = link.options.concat();
        for word in inputs {
            let is_file = !word.starts_with('-');
            words.push(if is_file {
                self.folder.join(word).display().to_string()
            } else {
                word
            });
        }
        let lld = self.theirs(&self.for_linker(&words, "lld"))?;
        let strict = self.for_linker(&words, "strict");
        let strict = self.ours(&strict, "strict", Some("--compat=wasm-ld"));
        // The other mode warns of other things.
        words.retain(|word| word != "--fatal-warnings");
        let usual = self.ours(&self.for_linker(&words, "usual"), "usual", None);
        let members = ["lld", "strict"].map(|name| {
            let file = self.folder.join(name).join(MEMBERS);
            std::fs::read_to_string(file).ok()
        });
        Ok(Links {
            lld,
            strict,
            usual,
            members,
        })
    }

    /// The words for one of the linkers: files besides the module go where that goes.
    fn for_linker(&self, words: &[String], name: &str) -> Vec<String> {
        let folder = self.folder.join(name);
        let words = words.iter().map(|word| match word.strip_suffix(MEMBERS) {
            Some(option) => format!("{option}{}", folder.join(MEMBERS).display()),
            None => word.clone(),
        });
        words.collect()
    }

    /// Links by both, and judges.
    pub fn judge(&self, link: &Link) -> Result<Verdict, String> {
        Ok(judge(link, &self.links(link)?))
    }

    fn theirs(&self, words: &[String]) -> Result<Outcome, String> {
        let output = self.folder.join("lld/out.wasm");
        let result = Command::new(&self.lld)
            .args(["-flavor", "wasm", "--threads=1"])
            .args(words)
            .arg("-o")
            .arg(&output)
            .output()
            .map_err(|e| format!("cannot start rust-lld: {e}"))?;
        let said = String::from_utf8_lossy(&result.stderr).into_owned();
        Ok(match result.status.code() {
            Some(0) => match std::fs::read(&output) {
                Ok(bytes) => Outcome::Module(bytes),
                Err(error) => Outcome::Refused(format!("there is no output: {error}")),
            },
            // Shells and lld itself report a signal so.
            Some(code) if code < 128 => Outcome::Refused(said),
            _ => Outcome::Crashed(said),
        })
    }

    fn ours(&self, words: &[String], folder: &str, more: Option<&str>) -> Outcome {
        let output = self.folder.join(folder).join("out.wasm");
        let words = more.into_iter().chain(words.iter().map(String::as_str));
        let mut args: Vec<OsString> = words.map(OsString::from).collect();
        args.extend(["-o".into(), output.clone().into_os_string()]);
        if let Some(other) = &self.other {
            return elsewhere(other, &args, &output);
        }
        let run = || link_command_line(Flavor::Wasm, &args);
        match catch_unwind(AssertUnwindSafe(|| self.pool.install(run))) {
            Err(_) => Outcome::Crashed("a panic".into()),
            Ok(outcome) if outcome.failed => {
                let said: Vec<String> = outcome.diagnostics.iter().map(|d| d.to_string()).collect();
                Outcome::Refused(said.join("\n"))
            }
            Ok(_) => match std::fs::read(&output) {
                Ok(bytes) => Outcome::Module(bytes),
                Err(error) => Outcome::Crashed(format!("there is no output: {error}")),
            },
        }
    }
}

/// A link by another xsys.
fn elsewhere(xsys: &Path, args: &[OsString], output: &Path) -> Outcome {
    let result = Command::new(xsys)
        .args(["ld", "-flavor", "wasm"])
        .args(args)
        .output();
    match result {
        Ok(result) if result.status.code() == Some(101) => Outcome::Crashed("a panic".into()),
        Ok(result) if !result.status.success() => {
            Outcome::Refused(String::from_utf8_lossy(&result.stderr).into_owned())
        }
        _ => match std::fs::read(output) {
            Ok(bytes) => Outcome::Module(bytes),
            Err(error) => Outcome::Crashed(format!("there is no output: {error}")),
        },
    }
}

/// Compares the links.
fn judge(link: &Link, links: &Links) -> Verdict {
    let (way, details) = match (&links.lld, &links.strict, &links.usual) {
        (_, Outcome::Crashed(said), _) => ("strict mode crashes".to_owned(), said.clone()),
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
            format!("only strict mode refuses: {}", shape(ours)),
            ours.clone(),
        ),
        (Outcome::Module(theirs), Outcome::Module(ours), _)
            if theirs == ours && links.members[0] != links.members[1] =>
        {
            (
                "archives' members".to_owned(),
                format!("{:?}", links.members),
            )
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
