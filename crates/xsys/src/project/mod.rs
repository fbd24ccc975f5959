//! The project a command is about: where it is, where cargo puts its output, what it says to us.
//!
//! cargo is asked (`cargo metadata --no-deps`), because only cargo knows how `--manifest-path`,
//! `--config`, the environment and configuration files add up.

pub(crate) mod cargo_config;
pub(crate) mod manifest_edit;
pub(crate) mod members;
mod missing_script;
pub(crate) mod profile;
pub(crate) mod settings;
pub(crate) mod trim_paths;
pub(crate) mod verb;

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};
use xsys_diag::Diagnostic;
use xsys_target::{Target, What};

use self::members::{Member, Part};
use self::settings::{Manifest, Settings, merge};
use crate::cli::CargoFlags;
use crate::images::emit::Shared;

/// A project as a command sees it.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The folder that cargo runs in.
    pub folder: PathBuf,
    pub workspace_root: PathBuf,
    pub target_dir: PathBuf,
    pub settings: Settings,
    /// The packages that are built; none where only cargo knows.
    pub members: Vec<Member>,
    /// All that the workspace has.
    everyone: Vec<Member>,
    /// The workspace's own manifest, which has the profiles.
    pub root_manifest: Manifest,
    /// The manifests of the workspace's members.
    pub manifests: Vec<PathBuf>,
    /// What the packages in question have that is linked for the target.
    linked: Vec<Linked>,
}

impl Project {
    /// Asks cargo. `folder` is where the command was given.
    pub(crate) fn load(
        folder: &Path,
        cargo: &Path,
        flags: &CargoFlags,
    ) -> Result<Self, Diagnostic> {
        let metadata = metadata(folder, cargo, flags)?;

        let workspace_root = metadata.workspace_root.clone().into_std_path_buf();
        let root_manifest = Manifest::read(&workspace_root.join("Cargo.toml"))?;
        let general = root_manifest.workspace();
        let read = |package: &cargo_metadata::Package| {
            let manifest = Manifest::read(package.manifest_path.as_std_path())?;
            Ok(Member::new(
                package,
                merge(manifest.package(), general.clone()),
            ))
        };
        let chosen = members::selected(&metadata, flags);
        let members: Vec<Member> = chosen
            .iter()
            .map(|package| read(package))
            .collect::<Result<_, Diagnostic>>()?;
        let linked = chosen
            .iter()
            .flat_map(|package| Linked::all(package))
            .collect();
        let manifests = metadata.packages.iter();
        let manifests = manifests
            .map(|package| package.manifest_path.clone().into())
            .collect();
        // Mistakes in what is not built are told when it is.
        let all = metadata.workspace_packages().into_iter();
        let everyone = all.filter_map(|package| read(package).ok()).collect();
        let settings = match members.split_first() {
            Some((first, more)) if more.iter().all(|it| it.settings.is_like(&first.settings)) => {
                first.settings.clone()
            }
            _ => general.clone(),
        };
        let target_dir = match &flags.target_dir {
            Some(path) => folder.join(path),
            None => metadata.target_directory.into_std_path_buf(),
        };
        Ok(Self {
            folder: folder.to_owned(),
            settings,
            members,
            everyone,
            workspace_root,
            target_dir,
            root_manifest,
            manifests,
            linked,
        })
    }

    /// Whether a linker is needed: libraries for Rust, and archives for others' linkers, are not
    /// linked.
    pub(crate) fn links(&self, flags: &CargoFlags) -> bool {
        !self.linked.is_empty() || names_programs(flags)
    }

    /// Says what cargo would say after the sysroot is built: a target that has no such programs or
    /// libraries.
    pub(crate) fn can_be_made(
        &self,
        target: &Target,
        flags: &CargoFlags,
    ) -> Result<(), Diagnostic> {
        if names_programs(flags) || flags.flags.iter().any(|flag| flag == "--lib") {
            return Ok(());
        }
        let (programs, libraries) = (target.has_programs(), target.has_dynamic_linking());
        let made =
            |it: &&Linked| it.is_program && programs || it.is_more || !it.is_program && libraries;
        match self.linked.iter().find(|it| !made(it)) {
            Some(it) => Err(it.cannot_be_made(target)),
            None => Ok(()),
        }
    }

    /// Whether the linker script that a manifest names can be read when it is needed.
    pub(crate) fn script_is_there(&self) -> Result<(), Diagnostic> {
        let root = self.workspace_root.join("Cargo.toml");
        let manifests = self.manifests.iter().chain([&root]);
        missing_script::check(&self.settings, manifests.map(PathBuf::as_path))
    }

    /// What its members are for, each once; where only cargo knows them, what the workspace says.
    pub(crate) fn targets(&self) -> Vec<What> {
        if self.members.is_empty() {
            return self.settings.what().into_iter().collect();
        }
        let mut targets: Vec<What> = Vec::new();
        for what in self.members.iter().filter_map(|it| it.settings.what()) {
            if !targets.contains(&what) {
                targets.push(what);
            }
        }
        targets
    }

    /// The project with some of its members.
    pub(crate) fn with(&self, part: &Part) -> Self {
        Self {
            settings: part.settings.clone(),
            members: part.members.clone(),
            ..self.clone()
        }
    }

    /// Whether an image with one name would serve several programs: they are for one target, and
    /// so in one folder.
    pub(crate) fn shared(&self) -> Shared {
        let here = self.settings.what();
        let same = self
            .everyone
            .iter()
            .filter(|member| member.settings.what() == here);
        let counts: Vec<(usize, usize)> = same.map(Member::programs).collect();
        Shared {
            binaries: counts.iter().map(|count| count.0).sum::<usize>() > 1,
            examples: counts.iter().map(|count| count.1).sum::<usize>() > 1,
        }
    }

    /// Where rustc's calls of our linker leave their reports.
    pub(crate) fn reports(&self) -> PathBuf {
        self.target_dir.join("xsys").join("links")
    }

    /// Where they leave what they were made of.
    pub(crate) fn link_records(&self) -> PathBuf {
        self.target_dir.join("xsys").join("link-records")
    }
}

/// A program of a package, or a library that is linked like one.
#[derive(Clone, Debug)]
struct Linked {
    /// In cargo's words.
    package: String,
    /// In the manifest's words: `bin`, `cdylib`.
    kind: &'static str,
    is_program: bool,
    /// Whether it is made in a form that is not linked, too.
    is_more: bool,
}

impl Linked {
    fn all(package: &cargo_metadata::Package) -> impl Iterator<Item = Self> {
        use cargo_metadata::TargetKind::{Bin, CDyLib, DyLib};
        package.targets.iter().filter_map(|target| {
            let kinds = &target.kind;
            let kind = kinds.iter().find_map(|kind| match kind {
                Bin => Some("bin"),
                CDyLib => Some("cdylib"),
                DyLib => Some("dylib"),
                _ => None,
            })?;
            let folder = package.manifest_path.parent()?;
            Some(Self {
                package: format!("{} v{} ({folder})", package.name, package.version),
                kind,
                is_program: kind == "bin",
                is_more: kinds
                    .iter()
                    .any(|kind| !matches!(kind, Bin | CDyLib | DyLib)),
            })
        })
    }

    fn cannot_be_made(&self, target: &Target) -> Diagnostic {
        let Self { package, kind, .. } = self;
        let problem = Diagnostic::error(format!(
            "cannot produce {kind} for `{package}` as the target `{}` does not support it",
            target.name
        ));
        match (self.is_program, target.has_dynamic_linking()) {
            (true, true) => problem
                .note("its programs are started by others, which load libraries")
                .help("make it a library: in Cargo.toml `[lib]` with `crate-type = [\"cdylib\"]`, in src/lib.rs"),
            (true, false) => problem
                .note("its programs are linked by the system's own tools")
                .help("make it a library for these: in Cargo.toml `[lib]` with `crate-type = [\"staticlib\"]`, in src/lib.rs"),
            (false, _) => problem
                .note("there is no dynamic linking on this target")
                .help("make an archive, which other linkers take: `crate-type = [\"staticlib\"]`"),
        }
    }
}

/// Whether flags ask for what `cargo build` alone leaves out: examples, tests, benchmarks.
fn names_programs(flags: &CargoFlags) -> bool {
    const NAMES: [&str; 8] = [
        "--example",
        "--examples",
        "--test",
        "--tests",
        "--bench",
        "--benches",
        "--all-targets",
        "--workspace",
    ];
    flags.flags.iter().any(|flag| {
        let flag = flag.to_string_lossy();
        NAMES.contains(&flag.split('=').next().unwrap_or_default())
    })
}

/// What cargo knows of the packages here.
pub(crate) fn metadata(
    folder: &Path,
    cargo: &Path,
    flags: &CargoFlags,
) -> Result<Metadata, Diagnostic> {
    let mut command = MetadataCommand::new();
    command.cargo_path(cargo).current_dir(folder).no_deps();
    if let Some(path) = &flags.manifest_path {
        command.manifest_path(path);
    }
    command.other_options(config_options(flags));
    command.exec().map_err(|error| problem(&error, folder))
}

/// Flags that `cargo metadata` understands and that change its answer.
fn config_options(flags: &CargoFlags) -> Vec<String> {
    let mut options = Vec::new();
    let mut rest = flags
        .flags
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned());
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--config" | "-Z" | "--lockfile-path" => {
                options.push(arg);
                options.extend(rest.next());
            }
            "--offline" | "--locked" | "--frozen" => options.push(arg),
            _ if arg.starts_with("--config=")
                || arg.starts_with("-Z")
                || arg.starts_with("--lockfile-path=") =>
            {
                options.push(arg);
            }
            _ => {}
        }
    }
    options
}

fn problem(error: &cargo_metadata::Error, folder: &Path) -> Diagnostic {
    let cargo_metadata::Error::CargoMetadata { stderr } = error else {
        return Diagnostic::error(format!("cannot ask cargo about the project: {error}"));
    };
    let text = stderr.trim();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    if text.starts_with("could not find `Cargo.toml`") {
        return Diagnostic::error(format!("no Cargo.toml in `{}` or above", folder.display()))
            .help("start a project with `xsys new NAME --board NAME`")
            .help("or run a board's own program: `xsys run --board NAME`");
    }
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let diagnostic = Diagnostic::error(format!("cargo: {first}"));
    match rest.trim() {
        "" => diagnostic,
        rest => diagnostic.note(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn flags(line: &str) -> CargoFlags {
        CargoFlags::read(
            &line
                .split_whitespace()
                .map(OsString::from)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn options_for_metadata_are_picked() {
        assert_eq!(
            config_options(&flags(
                "--release --config a=1 -p x --locked -Zfoo --config=b=2"
            )),
            ["--config", "a=1", "--locked", "-Zfoo", "--config=b=2"]
        );
    }

    #[test]
    fn a_workspace_and_its_members_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for (path, text) in [
            (
                "Cargo.toml",
                "[workspace]\nresolver = \"3\"\nmembers = [\"a\", \"b\"]\n[workspace.metadata.xsys]\nboard = \"w\"\n[profile.small]\ninherits = \"release\"\npanic = \"abort\"",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[package.metadata.xsys]\nboard = \"a\"",
            ),
            ("a/src/lib.rs", ""),
            (
                "b/Cargo.toml",
                "[package]\nname = \"b\"\nversion = \"0.1.0\"\nedition = \"2024\"",
            ),
            ("b/src/lib.rs", ""),
        ] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let cargo = Path::new("cargo");
        for (inside, line, board) in [
            ("", "", "w"),
            ("", "-p a", "a"),
            ("", "-p b", "w"),
            ("a", "", "a"),
            ("b", "", "w"),
            ("", "--manifest-path a/Cargo.toml", "a"),
        ] {
            let project = Project::load(&root.join(inside), cargo, &flags(line)).unwrap();
            assert_eq!(project.workspace_root, root);
            assert_eq!(
                project.settings.what(),
                Some(What::Board(board.to_owned())),
                "{inside} {line}"
            );
            let small = project.root_manifest.profile("small").unwrap();
            assert_eq!(small.panic.as_deref(), Some("abort"));
        }
        let project = Project::load(&root, cargo, &flags("--target-dir out")).unwrap();
        assert_eq!(project.target_dir, root.join("out"));

        let nowhere = tempfile::tempdir().unwrap();
        let problem = Project::load(nowhere.path(), cargo, &flags("")).unwrap_err();
        assert!(problem.message.starts_with("no Cargo.toml in"), "{problem}");
    }
}
