//! `[package.metadata.xsys]` and `[workspace.metadata.xsys]`: a project's own defaults.
//!
//! cargo ignores these tables, so a misspelt key would be ignored as well; here it is an error with
//! its place in the file. The package's keys override the workspace's, one by one.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use xsys_diag::{Diagnostic, Source, did_you_mean};
use xsys_target::{CrateSet, Engine, Memory, RawMemories, Stop, What};

use crate::cli::{TrimPaths, triple_or_file};
use crate::error::file;

/// A manifest, as far as xsys reads it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Manifest {
    package: Option<Holder>,
    workspace: Option<Holder>,
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Holder {
    metadata: Option<Metadata>,
    forced_target: Option<String>,
    default_target: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Metadata {
    xsys: Option<Settings>,
}

/// A profile of cargo's, as far as it affects the standard library.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Profile {
    pub panic: Option<String>,
    pub inherits: Option<String>,
    pub rustflags: Option<Vec<String>>,
    trim_paths: Option<toml::Value>,
}

/// The table `xsys`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    board: Option<String>,
    target_spec: Option<PathBuf>,
    /// A triple, or a spec file, as in cargo.
    target: Option<String>,
    pub crates: Option<CrateSet>,
    script: Option<PathBuf>,
    /// The stack goes below the statics (the linker's `--flip-stack`).
    pub flip_stack: Option<bool>,
    /// Threads that share their memory, for wasm (`--threads`).
    pub threads: Option<bool>,
    /// Which paths are left out of what is made (`--trim-paths`).
    pub trim_paths: Option<TrimPaths>,
    pub emit: Option<Vec<String>>,
    pub run: Option<RunSettings>,
    /// The machine's memory, as in a board's `[memory]`.
    #[serde(default, rename = "memory")]
    raw_memory: RawMemories,
    #[serde(skip)]
    memory: Vec<Memory>,
    /// The seconds that a test may take on a board or in wasm (`--time-limit`).
    pub test_time_limit: Option<NonZeroU64>,
    #[serde(default)]
    pub sysroot: SysrootSettings,
    /// Which of cargo's own keys the target comes from, if it does.
    #[serde(skip)]
    pub by_cargo: Option<ByCargo>,
    /// The directory of the manifest, which paths are relative to.
    #[serde(skip)]
    directory: PathBuf,
}

/// cargo's `per-package-target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByCargo {
    /// `forced-target`, whatever the command line says.
    Forced,
    /// `default-target`, unless something else is said.
    Default,
}

/// How to run the program: as in a board's `[run]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RunSettings {
    pub engine: Engine,
    pub program: Option<String>,
    #[serde(default)]
    pub args: Vec<String>,
    pub stop: Option<Stop>,
}

/// How to build the standard library.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SysrootSettings {
    pub opt_level: Option<Level>,
    pub panic: Option<String>,
    pub debug: Option<Level>,
    #[serde(default)]
    pub features: Vec<String>,
    /// Flags for rustc, beside those that reach the program as well.
    #[serde(default)]
    pub rustflags: Vec<String>,
}

/// cargo writes levels as numbers, words and booleans.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Level {
    Number(i64),
    Word(String),
    Flag(bool),
}

impl Level {
    /// The spelling that cargo's documentation calls the full one.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Word(word) => match word.as_str() {
                "none" => "0".to_owned(),
                "limited" => "1".to_owned(),
                "full" => "2".to_owned(),
                _ => word.clone(),
            },
            Self::Flag(true) => "2".to_owned(),
            Self::Flag(false) => "0".to_owned(),
        }
    }
}

impl Settings {
    /// The target that the project names.
    pub(crate) fn what(&self) -> Option<What> {
        if let Some(file) = &self.target_spec {
            return Some(What::SpecFile(self.directory.join(file)));
        }
        if let Some(target) = &self.target {
            return Some(match triple_or_file(target) {
                What::SpecFile(file) => What::SpecFile(self.directory.join(file)),
                what => what,
            });
        }
        let board = self.board.as_ref()?;
        // A name with a slash is a path, and a project's paths are relative to its manifest.
        Some(What::Board(if xsys_target::is_path(board) {
            self.directory.join(board).display().to_string()
        } else {
            board.clone()
        }))
    }

    /// Whether two settings mean the same, wherever they are written.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let elsewhere = |settings: &Self| Self {
            board: None,
            target_spec: None,
            target: None,
            script: None,
            directory: PathBuf::new(),
            ..settings.clone()
        };
        self.what() == other.what()
            && self.script() == other.script()
            && elsewhere(self) == elsewhere(other)
    }

    /// How many of the keys that name a target are set.
    fn named(&self) -> usize {
        let set = [
            self.board.is_some(),
            self.target_spec.is_some(),
            self.target.is_some(),
        ];
        set.iter().filter(|set| **set).count()
    }

    /// The machine's memory; empty where the project says nothing.
    pub(crate) fn memory(&self) -> &[Memory] {
        &self.memory
    }

    /// The linker script's path.
    pub(crate) fn script(&self) -> Option<PathBuf> {
        self.script
            .as_ref()
            .map(|script| self.directory.join(script))
    }

    /// These settings, completed by more general ones.
    fn over(self, general: Self) -> Self {
        let names_target = self.named() != 0;
        let named = if names_target { &self } else { &general };
        let (board, target_spec) = (named.board.clone(), named.target_spec.clone());
        let (target, directory) = (named.target.clone(), named.directory.clone());
        let by_cargo = named.by_cargo;
        // Paths keep the directory of the manifest they come from.
        let script = match self.script {
            Some(script) => Some(self.directory.join(script)),
            None => general.script.map(|script| general.directory.join(script)),
        };
        Self {
            board,
            target_spec,
            target,
            crates: self.crates.or(general.crates),
            flip_stack: self.flip_stack.or(general.flip_stack),
            threads: self.threads.or(general.threads),
            trim_paths: self.trim_paths.or(general.trim_paths),
            script,
            emit: self.emit.or(general.emit),
            run: self.run.or(general.run),
            raw_memory: RawMemories::new(),
            memory: if self.memory.is_empty() {
                general.memory
            } else {
                self.memory
            },
            test_time_limit: self.test_time_limit.or(general.test_time_limit),
            sysroot: SysrootSettings {
                opt_level: self.sysroot.opt_level.or(general.sysroot.opt_level),
                panic: self.sysroot.panic.or(general.sysroot.panic),
                debug: self.sysroot.debug.or(general.sysroot.debug),
                features: if self.sysroot.features.is_empty() {
                    general.sysroot.features
                } else {
                    self.sysroot.features
                },
                rustflags: if self.sysroot.rustflags.is_empty() {
                    general.sysroot.rustflags
                } else {
                    self.sysroot.rustflags
                },
            },
            by_cargo,
            directory,
        }
    }
}

impl Manifest {
    pub(crate) fn read(path: &Path) -> Result<Self, Diagnostic> {
        let text = std::fs::read_to_string(path).map_err(|error| file("read", path, &error))?;
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Diagnostic> {
        let mut manifest: Self = toml::from_str(text).map_err(|error| {
            let source = Source {
                path: path.to_owned(),
                text: Arc::from(text),
            };
            problem(&error, &source)
        })?;
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        for holder in [&mut manifest.package, &mut manifest.workspace] {
            let settings = holder
                .as_mut()
                .and_then(|holder| holder.metadata.as_mut())
                .and_then(|metadata| metadata.xsys.as_mut());
            if let Some(settings) = settings {
                settings.directory.clone_from(&directory);
                let source = Source {
                    path: path.to_owned(),
                    text: Arc::from(text),
                };
                let raw = std::mem::take(&mut settings.raw_memory);
                let (memory, problems) = xsys_target::check_memory(raw, &source);
                if let Some(problem) = problems.into_iter().next() {
                    return Err(problem);
                }
                settings.memory = memory;
                if settings.named() > 1 {
                    let source = Source {
                        path: path.to_owned(),
                        text: Arc::from(text),
                    };
                    return Err(both(&source));
                }
            }
        }
        Ok(manifest)
    }

    /// The package's settings.
    pub(crate) fn package(&self) -> Settings {
        let mut settings = Self::of(&self.package);
        let Some(holder) = &self.package else {
            return settings;
        };
        if let Some(target) = &holder.forced_target {
            settings.board = None;
            settings.target_spec = None;
            settings.target = Some(target.clone());
            settings.by_cargo = Some(ByCargo::Forced);
        } else if let (Some(target), 0) = (&holder.default_target, settings.named()) {
            settings.target = Some(target.clone());
            settings.by_cargo = Some(ByCargo::Default);
        }
        settings
    }

    /// The workspace's settings.
    pub(crate) fn workspace(&self) -> Settings {
        Self::of(&self.workspace)
    }

    fn of(holder: &Option<Holder>) -> Settings {
        holder
            .as_ref()
            .and_then(|holder| holder.metadata.as_ref())
            .and_then(|metadata| metadata.xsys.clone())
            .unwrap_or_default()
    }

    /// A profile as it is written, without what it inherits.
    pub(crate) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profile.get(name)
    }

    /// Whether a profile inherits from `release`; all others inherit from `dev`.
    pub(crate) fn is_release(&self, profile: &str) -> bool {
        self.lineage(profile).last() == Some(&"release")
    }

    /// Whether cargo's own key `trim-paths` is set in a profile.
    pub(crate) fn has_trim_paths(&self, profile: &str) -> bool {
        let set = |name: &&str| {
            self.profile
                .get(*name)
                .is_some_and(|p| p.trim_paths.is_some())
        };
        self.lineage(profile).iter().any(set)
    }

    /// A profile and those it inherits from.
    fn lineage<'m>(&'m self, profile: &'m str) -> Vec<&'m str> {
        let mut names = vec![profile];
        let mut name = profile;
        while let Some(parent) = match (self.profile.get(name), name) {
            (Some(profile), _) if profile.inherits.is_some() => profile.inherits.as_deref(),
            (_, "test") => Some("dev"),
            (_, "bench") => Some("release"),
            _ => None,
        } {
            // cargo reports circles.
            if names.contains(&parent) {
                break;
            }
            names.push(parent);
            name = parent;
        }
        names
    }
}

/// A package's settings, completed by its workspace's.
pub(crate) fn merge(package: Settings, workspace: Settings) -> Settings {
    package.over(workspace)
}

fn both(source: &Source) -> Diagnostic {
    // The spans of single keys are only needed here, so they are read only here.
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "kebab-case", default)]
    struct Keys {
        board: Option<Spanned<String>>,
        target_spec: Option<Spanned<String>>,
        target: Option<Spanned<String>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Table {
        xsys: Keys,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Section {
        metadata: Table,
    }
    #[derive(Deserialize)]
    struct Whole {
        #[serde(default)]
        package: Section,
        #[serde(default)]
        workspace: Section,
    }
    let exclude = |first: &str, second: &str| {
        let message = format!("`{first}` and `{second}` exclude each other");
        Diagnostic::error(message).help("remove one of them")
    };
    if let Ok(whole) = toml::from_str::<Whole>(&source.text) {
        for section in [whole.package, whole.workspace] {
            let keys = section.metadata.xsys;
            let board = keys
                .board
                .map(|key| ("board", key, "names a board, which has a target"));
            let spec = keys
                .target_spec
                .map(|key| ("target-spec", key, "names a target"));
            let target = keys.target.map(|key| ("target", key, "names a target"));
            let set: Vec<_> = [board, spec, target].into_iter().flatten().collect();
            if let [first, second, ..] = set.as_slice() {
                let problem = exclude(first.0, second.0);
                return set.iter().fold(problem, |problem, (_, key, text)| {
                    problem.label(source, key.span(), *text)
                });
            }
        }
    }
    let mut diagnostic = exclude("board", "target-spec");
    diagnostic
        .notes
        .push(format!("in `{}`", source.path.display()));
    diagnostic
}

const KEYS: [&str; 11] = [
    "trim-paths",
    "board",
    "target-spec",
    "target",
    "crates",
    "script",
    "flip-stack",
    "emit",
    "memory",
    "run",
    "sysroot",
];
const RUN_KEYS: [&str; 3] = ["engine", "program", "args"];
const SYSROOT_KEYS: [&str; 5] = ["opt-level", "panic", "debug", "features", "rustflags"];

fn problem(error: &toml::de::Error, source: &Source) -> Diagnostic {
    let message = error.message().trim();
    let mut letters = message.chars();
    let message: String = letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default();
    let message = message.replace("unknown variant", "unknown value");
    let first_line = message.lines().next().unwrap_or_default();
    let mut diagnostic = Diagnostic::error(first_line);
    if let Some(name) = first_line
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split('`').next())
    {
        diagnostic.message = format!("unknown key `{name}` in the metadata of xsys");
        let known = KEYS.iter().chain(&RUN_KEYS).chain(&SYSROOT_KEYS).copied();
        let tables = [("run", &RUN_KEYS[..]), ("sysroot", &SYSROOT_KEYS)];
        let owner = tables.iter().find(|(_, keys)| keys.contains(&name));
        match (owner, did_you_mean(name, known)) {
            (Some((table, _)), _) => diagnostic
                .help
                .push(format!("it belongs in `[package.metadata.xsys.{table}]`")),
            (None, Some(close)) => diagnostic.help.push(format!("did you mean `{close}`?")),
            (None, None) => diagnostic.help.push(
                first_line
                    .split_once(", expected ")
                    .map_or_else(String::new, |(_, expected)| {
                        format!("known: {}", expected.trim_start_matches("one of "))
                    }),
            ),
        }
    }
    match error.span() {
        Some(span) => diagnostic.label(source, span, ""),
        None => diagnostic.note(format!("in `{}`", source.path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, Diagnostic> {
        Manifest::parse(Path::new("/p/Cargo.toml"), text)
    }

    #[test]
    fn every_key_is_read() {
        let manifest = parse(
            r#"
            [package]
            name = "x"
            [package.metadata.other]
            free = true
            [package.metadata.xsys]
            board = "./my-board"
            crates = "alloc"
            flip-stack = true
            script = "link.x"
            emit = ["bin=k.img", "hex"]
            run = { engine = "qemu-system", program = "qemu-system-arm", args = ["{elf}"] }
            [package.metadata.xsys.sysroot]
            opt-level = "s"
            panic = "abort"
            debug = 2
            features = ["a"]
            rustflags = ["-Ccode-model=kernel"]
            "#,
        )
        .unwrap();
        let settings = merge(manifest.package(), manifest.workspace());
        assert_eq!(
            settings.what(),
            Some(What::Board("/p/./my-board".to_owned()))
        );
        assert_eq!(settings.crates, Some(CrateSet::Alloc));
        assert_eq!(settings.flip_stack, Some(true));
        assert_eq!(settings.script(), Some("/p/link.x".into()));
        assert_eq!(settings.emit.unwrap(), ["bin=k.img", "hex"]);
        assert_eq!(settings.run.unwrap().engine, Engine::QemuSystem);
        assert_eq!(settings.sysroot.opt_level.unwrap().text(), "s");
        assert_eq!(settings.sysroot.debug.unwrap().text(), "2");
        assert_eq!(settings.sysroot.panic.unwrap(), "abort");
        assert_eq!(settings.sysroot.features, ["a"]);
        assert_eq!(settings.sysroot.rustflags, ["-Ccode-model=kernel"]);
        assert_eq!(parse("").unwrap().package().what(), None);
    }

    #[test]
    fn the_package_wins_key_by_key() {
        let workspace = Manifest::parse(
            Path::new("/w/Cargo.toml"),
            "[workspace.metadata.xsys]\ntarget-spec = \"t.json\"\nscript = \"w.x\"\nemit = [\"bin\"]\n[workspace.metadata.xsys.sysroot]\nopt-level = 3\npanic = \"abort\"",
        )
        .unwrap();
        let package = Manifest::parse(
            Path::new("/w/p/Cargo.toml"),
            "[package.metadata.xsys]\nemit = []\nsysroot = { opt-level = \"z\" }",
        )
        .unwrap();
        let merged = merge(package.package(), workspace.workspace());
        assert_eq!(merged.what(), Some(What::SpecFile("/w/t.json".into())));
        assert_eq!(merged.script(), Some("/w/w.x".into()));
        assert_eq!(merged.emit, Some(vec![]));
        assert_eq!(merged.sysroot.opt_level, Some(Level::Word("z".to_owned())));
        assert_eq!(merged.sysroot.panic.as_deref(), Some("abort"));

        for (text, expected) in [
            (
                "thumbv7m-none-eabi",
                What::Triple("thumbv7m-none-eabi".to_owned()),
            ),
            ("specs/t.json", What::SpecFile("/p/specs/t.json".into())),
        ] {
            let triple = parse(&format!("[package.metadata.xsys]\ntarget = \"{text}\"")).unwrap();
            let merged = merge(triple.package(), workspace.workspace());
            assert_eq!(merged.what(), Some(expected));
        }
        let board = parse("[package.metadata.xsys]\nboard = \"b\"").unwrap();
        let merged = merge(board.package(), workspace.workspace());
        assert_eq!(merged.what(), Some(What::Board("b".to_owned())));
    }

    #[test]
    fn mistakes_are_shown_in_their_place() {
        for (text, message, place, help) in [
            (
                "[package.metadata.xsys]\nbord = \"x\"",
                "unknown key `bord` in the metadata of xsys",
                "bord",
                "did you mean `board`?",
            ),
            (
                "[package.metadata.xsys.sysroot]\noptlevel = 1",
                "unknown key `optlevel` in the metadata of xsys",
                "optlevel",
                "did you mean `opt-level`?",
            ),
            (
                "[workspace.metadata.xsys]\nrun = { engine = \"qemu\" }",
                "unknown value `qemu`, expected one of `qemu-system`, `qemu-user`, `native`, `wasm`",
                "\"qemu\"",
                "",
            ),
            (
                "[package.metadata.xsys]\nboard = \"a\"\ntarget-spec = \"b.json\"",
                "`board` and `target-spec` exclude each other",
                "\"a\"",
                "remove one of them",
            ),
        ] {
            let problem = parse(text).unwrap_err();
            assert_eq!(problem.message, message);
            let label = problem.labels.first().expect("a place");
            assert_eq!(text.get(label.span.clone()), Some(place), "{message}");
            assert_eq!(problem.help.first().map_or("", String::as_str), help);
        }
    }

    #[test]
    fn profiles_come_from_dev_or_release() {
        let manifest = parse(
            "[profile.small]\ninherits = \"bench\"\n[profile.odd]\ninherits = \"odd\"\n\
             [profile.trimmed]\ninherits = \"dev\"\ntrim-paths = [\"macro\"]\n\
             [profile.more]\ninherits = \"trimmed\"",
        )
        .unwrap();
        for (profile, release, trimmed) in [
            ("dev", false, false),
            ("test", false, false),
            ("release", true, false),
            ("bench", true, false),
            ("small", true, false),
            ("odd", false, false),
            ("more", false, true),
        ] {
            assert_eq!(manifest.is_release(profile), release, "{profile}");
            assert_eq!(manifest.has_trim_paths(profile), trimmed, "{profile}");
        }
    }
}
