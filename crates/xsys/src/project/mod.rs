//! The project a command is about: where it is, where cargo puts its output, and its settings for
//! xsys.
//!
//! cargo is asked (`cargo metadata --no-deps`), because only cargo knows the effect of
//! `--manifest-path`, `--config`, the environment and configuration files.

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
    /// The directory that cargo runs in.
    pub directory: PathBuf,
    pub workspace_root: PathBuf,
    pub target_dir: PathBuf,
    pub settings: Settings,
    /// The packages that are built; none if only cargo knows.
    pub members: Vec<Member>,
    /// All packages of the workspace.
    everyone: Vec<Member>,
    /// The workspace's own manifest, which contains the profiles.
    pub root_manifest: Manifest,
    /// The manifests of the workspace's members.
    pub manifests: Vec<PathBuf>,
    /// The packages' parts that are linked for the target.
    linked: Vec<Linked>,
}

impl Project {
    /// Asks cargo. `directory` is where the command was called.
    pub(crate) fn load(
        directory: &Path,
        cargo: &Path,
        flags: &CargoFlags,
    ) -> Result<Self, Diagnostic> {
        let metadata = metadata(directory, cargo, flags)?;

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
        // Mistakes in packages that are not built are reported when they are.
        let all = metadata.workspace_packages().into_iter();
        let everyone = all.filter_map(|package| read(package).ok()).collect();
        let settings = match members.split_first() {
            Some((first, more)) if more.iter().all(|it| it.settings.is_like(&first.settings)) => {
                first.settings.clone()
            }
            _ => general.clone(),
        };
        let target_dir = match &flags.target_dir {
            Some(path) => directory.join(path),
            None => metadata.target_directory.into_std_path_buf(),
        };
        Ok(Self {
            directory: directory.to_owned(),
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

    /// Whether a linker is needed: Rust libraries and static libraries are not linked.
    pub(crate) fn links(&self, flags: &CargoFlags) -> bool {
        !self.linked.is_empty() || names_programs(flags)
    }

    /// Reports what cargo would only report after the sysroot is built: targets that have no such
    /// programs or libraries.
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

    /// The targets of its members, each once; if only cargo knows the members, that of the
    /// workspace.
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

    /// Whether several programs would use an image of one name: they are for one target, and so in
    /// one directory.
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

    /// Where the linker, called by rustc, leaves its reports.
    pub(crate) fn reports(&self) -> PathBuf {
        self.target_dir.join("xsys").join("links")
    }

    /// Where it leaves its records.
    pub(crate) fn link_records(&self) -> PathBuf {
        self.target_dir.join("xsys").join("link-records")
    }
}

/// A program of a package, or a library that is linked like one.
#[derive(Clone, Debug)]
struct Linked {
    /// cargo's kind.
    package: String,
    /// The manifest's kind: `bin`, `cdylib`.
    kind: &'static str,
    is_program: bool,
    /// Whether it is also built in a form that is not linked.
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
            let directory = package.manifest_path.parent()?;
            Some(Self {
                package: format!("{} v{} ({directory})", package.name, package.version),
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

/// Whether flags ask for what a plain `cargo build` leaves out: examples, tests, benchmarks.
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
    directory: &Path,
    cargo: &Path,
    flags: &CargoFlags,
) -> Result<Metadata, Diagnostic> {
    let mut command = MetadataCommand::new();
    command.cargo_path(cargo).current_dir(directory).no_deps();
    if let Some(path) = &flags.manifest_path {
        command.manifest_path(path);
    }
    command.other_options(config_options(flags));
    command.exec().map_err(|error| problem(&error, directory))
}

/// Flags that `cargo metadata` accepts and that change its answer.
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

fn problem(error: &cargo_metadata::Error, directory: &Path) -> Diagnostic {
    let cargo_metadata::Error::CargoMetadata { stderr } = error else {
        return Diagnostic::error(format!("cannot ask cargo about the project: {error}"));
    };
    let text = stderr.trim();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    if text.starts_with("could not find `Cargo.toml`") {
        return Diagnostic::error(format!(
            "no Cargo.toml in `{}` or above",
            directory.display()
        ))
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
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
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
