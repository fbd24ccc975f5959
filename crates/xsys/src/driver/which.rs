//! Which target a command is about, for commands that need no standard library for it.

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::{Kind, Target, What};

use crate::cli::{CargoFlags, TargetsArgs, triple_or_file};
use crate::error::{Result, file};
use crate::project::Project;
use crate::project::cargo_config::CargoConfig;
use crate::project::settings::{ByCargo, Settings};

/// A project with its toolchain.
#[derive(Clone)]
pub(crate) struct Place {
    pub toolchain: Toolchain,
    pub project: Project,
    pub config: CargoConfig,
}

impl Place {
    pub(crate) fn find(directory: &Path, plus: Option<&str>, flags: &CargoFlags) -> Result<Self> {
        // Toolchain files are searched from the project's directory; cargo itself searches its
        // configuration from where it was started.
        let start = match flags.manifest_path.as_deref().and_then(Path::parent) {
            Some(parent) => directory.join(parent),
            None => directory.to_owned(),
        };
        let toolchain = Toolchain::detect(&start, plus).map_err(|error| error.into_diagnostic())?;
        let project = Project::load(directory, &toolchain.cargo, flags)?;
        Ok(Self {
            config: CargoConfig::load(directory, &toolchain.cargo, flags)?,
            toolchain,
            project,
        })
    }

    /// The manifest for a command that is called in this directory.
    pub(crate) fn manifest(&self, directory: &Path, named: Option<&Path>) -> Result<PathBuf> {
        if let Some(path) = named {
            return Ok(directory.join(path));
        }
        let output = std::process::Command::new(&self.toolchain.cargo)
            .args(["locate-project", "--message-format", "plain"])
            .current_dir(directory)
            .output()
            .map_err(|error| file("start", &self.toolchain.cargo, &error))?;
        let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(PathBuf::from(path))
    }

    /// The targets that the command line, the manifests or cargo's configuration name, in this
    /// order.
    pub(crate) fn what(&self, args: &TargetsArgs) -> Result<Vec<What>> {
        let settings = &self.project.settings;
        let mut named = args.all();
        if settings.by_cargo == Some(ByCargo::Forced) {
            forced(settings)?;
            named.clear();
        }
        if !named.is_empty() {
            return Ok(named);
        }
        let of_config = self.config.build_targets();
        let by_default = settings.by_cargo == Some(ByCargo::Default);
        let named = self.project.targets();
        if !named.is_empty() && (of_config.is_empty() || !by_default) {
            return Ok(named);
        }
        let directory = &self.project.directory;
        Ok(of_config
            .into_iter()
            .map(|text| triple_or_file(&configured(&text, directory)))
            .collect())
    }

    /// The targets that are named.
    pub(crate) fn targets(&self, args: &TargetsArgs) -> Result<Vec<Target>> {
        let what = self.what(args)?;
        what.iter()
            .map(|what| load_target(what, &self.toolchain))
            .collect()
    }
}

/// cargo passes a forced spec to rustc unchanged, and a standard library is bound to its spec's
/// text.
fn forced(settings: &Settings) -> Result<()> {
    match settings.what() {
        Some(What::SpecFile(path)) => Err(Diagnostic::error(format!(
            "`forced-target` names a target spec, `{}`",
            path.display()
        ))
        .help("name it in `[package.metadata.xsys]` instead: `target-spec = \"FILE.json\"`")
        .into()),
        _ => Ok(()),
    }
}

/// A target from cargo's configuration. A relative path starts at the directory of the
/// configuration that contains it: the nearest one where there is such a file.
fn configured(text: &str, directory: &Path) -> String {
    let found = directory.ancestors().map(|directory| directory.join(text));
    match found
        .filter(|_| text.ends_with(".json"))
        .find(|path| path.is_file())
    {
        Some(path) => path.display().to_string(),
        None => text.to_owned(),
    }
}

/// The value of cargo's `--target` if there is no sysroot: a triple, or the spec in a file in this
/// directory.
pub(crate) fn cargo_target(target: &Target, directory: &Path) -> Result<PathBuf> {
    if target.kind == Kind::Builtin {
        return Ok(PathBuf::from(&target.name));
    }
    let path = directory.join(format!("{}.json", target.name));
    std::fs::create_dir_all(directory).map_err(|error| file("create", directory, &error))?;
    std::fs::write(&path, target.canonical_json()).map_err(|error| file("write", &path, &error))?;
    Ok(path)
}

/// Loads a target and its board.
pub(crate) fn load_target(what: &What, toolchain: &Toolchain) -> Result<Target> {
    Ok(Target::load(what, &toolchain.rustc)?)
}

pub(crate) fn no_target() -> Diagnostic {
    Diagnostic::error("no target given")
        .help("name one: `--board NAME`, `--target TRIPLE` or `--target-spec FILE.json`")
        .help("or put it into Cargo.toml:\n[package.metadata.xsys]\nboard = \"NAME\"")
        .note("`xsys board list` and `xsys target list` show what there is")
}
