//! Decisions for the targets of artifact dependencies: as for the command's own target, with the settings of the
//! artifacts' packages.
//!
//! A package's board, script and memory apply if its artifact is for the board's target. The command line's `--crates`,
//! `--emit` and `--linker` are about the command's target and do not apply.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use xsys_target::{CrateSet, Kind, Target, What};

use super::Ground;
use crate::c_code;
use crate::driver::artifacts::{self, Found, Row};
use crate::driver::defaults::default_crates;
use crate::driver::linking::arguments;
use crate::driver::linking::choice::{By, Choice};
use crate::driver::linking::front::Front;
use crate::driver::linking::rustflags::{self, Inputs};
use crate::driver::linking::scripts;
use crate::driver::linking::user_flags::{self, UserConfig};
use crate::driver::which::load_target;
use crate::error::Result;
use crate::project::settings::{Manifest, Settings, merge};
use crate::project::verb::Verb;
use crate::render::report_problems;
use crate::ui::Ui;

/// What is decided for one target of artifacts.
pub(super) struct Decision {
    platform: String,
    main: super::Decision,
    /// Packages with something to link, each with its own board.
    packages: Vec<Package>,
}

struct Package {
    directory: PathBuf,
    /// The project with the package's settings.
    ground: Ground,
    target: Target,
}

/// What cargo's call needs for a target of artifacts.
pub(super) struct Prepared {
    pub row: Row,
    pub responses: Vec<Response>,
    pub fronts: Vec<Front>,
}

/// A file and the linker's arguments in it.
pub(super) type Response = (PathBuf, Vec<String>);

impl Ground {
    /// The targets of a command's artifact dependencies. cargo is asked only if such dependencies are enabled.
    pub(super) fn artifacts(&self, ui: &Ui, verb: Verb, target: &Target) -> Result<Vec<Decision>> {
        if !self.unstable("bindeps") {
            return Ok(Vec::new());
        }
        let build = self.asked_of_cargo(verb, target);
        let Some(graph) = c_code::unit_graph(ui, &build)? else {
            return Ok(Vec::new());
        };
        let main = c_code::asked_as(&build)?;
        let found = artifacts::found(&graph, &main.to_string_lossy());
        let decisions = found.into_iter().map(|it| self.artifact(ui, verb, it));
        decisions.collect()
    }

    fn artifact(&self, ui: &Ui, verb: Verb, found: Found) -> Result<Decision> {
        let target = self.artifact_target(ui, &found.platform)?;
        let mut packages = Vec::new();
        for directory in &found.packages {
            packages.push(self.package(directory, &target)?);
        }
        let user =
            user_flags::user_config(&self.place.config, &self.place.toolchain.rustc, &target)?;
        let crates = packages.iter().map(Package::crates).max();
        let crates = crates.unwrap_or_else(|| default_crates(&target));
        // The first package decides how the library is built, because there is only one.
        let ground = packages.first().map_or(self, |package| &package.ground);
        let mut settings = ground.settings(verb, &target, crates, &user)?;
        settings.test = false;
        let linker = match packages.is_empty() {
            true => Choice::none(),
            // Also for `cargo check`: artifacts are built for it, too.
            false => ground.linker_of(Verb::Other, None, &target, crates, &user)?,
        };
        linker.tell(ui, &target);
        let main = super::Decision {
            target,
            emits: Vec::new(),
            web: None,
            crates,
            settings,
            linker,
            added: Vec::new(),
            user,
            c_code: Vec::new(),
            artifacts: Vec::new(),
        };
        Ok(Decision {
            platform: found.platform,
            main,
            packages,
        })
    }

    fn artifact_target(&self, ui: &Ui, platform: &str) -> Result<Target> {
        let what = match platform.ends_with(".json") {
            true => What::SpecFile(PathBuf::from(platform)),
            false => What::Triple(platform.to_owned()),
        };
        let target = load_target(&what, &self.place.toolchain)?;
        let problems = target
            .check(&self.place.toolchain.rustc)
            .map_err(|error| error.into_diagnostic())?;
        report_problems(ui, problems)?;
        Ok(target)
    }

    fn package(&self, directory: &Path, target: &Target) -> Result<Package> {
        let project = &self.place.project;
        let path = directory.join("Cargo.toml");
        let mut settings = Manifest::read(&path)?.package();
        if project.manifests.contains(&path) {
            settings = merge(settings, project.root_manifest.workspace());
        }
        let mut target = target.clone();
        if let Some(what) = settings.what() {
            let own = load_target(&what, &self.place.toolchain)?;
            if own.llvm_target() != target.llvm_target() {
                // Made for another board, it does not apply now.
                settings = Settings::default();
            } else if target.board.is_none() {
                target.board = own.board;
            }
        }
        let mut ground = self.clone();
        ground.build_std = None;
        ground.place.project.settings = settings;
        Ok(Package {
            directory: directory.to_owned(),
            ground,
            target,
        })
    }

    /// Finds or builds the sysroot of an artifact's target, and what rustc is told for it.
    pub(super) fn prepare_artifact(
        &self,
        ui: &Ui,
        decision: Decision,
        trims: &[String],
    ) -> Result<Prepared> {
        let main = &decision.main;
        let sysroot = self.sysroot(ui, main)?;
        let merged = |link_args: &[String]| {
            rustflags::merge(
                &main.user.rustflags,
                &Inputs {
                    sysroot: &sysroot.path,
                    linker: &main.linker,
                    target: &main.target,
                    cpu: main.settings.cpu.as_deref(),
                    link_args,
                    trims,
                },
            )
        };
        let (mut packages, mut responses) = (BTreeMap::new(), Vec::new());
        let mut fronts = Vec::new();
        for package in &decision.packages {
            let (told, response) = package.link_args(&main.user, &main.linker)?;
            responses.extend(response);
            let mut flags = merged(&told);
            fronts = Front::put(
                &main.linker,
                &main.user,
                &main.target,
                &self.place,
                &mut flags,
            );
            packages.insert(package.directory.clone(), flags);
        }
        let row = Row {
            platform: decision.platform.clone(),
            target: super::cargo_target(&main.target, &sysroot),
            name: main.target.name.clone(),
            unstable: super::is_unstable(&main.target),
            flags: merged(&[]),
            packages,
        };
        Ok(Prepared {
            row,
            responses,
            fronts,
        })
    }
}

impl Package {
    fn crates(&self) -> CrateSet {
        let board = self.target.board.as_ref();
        let asked = self.ground.place.project.settings.crates;
        asked
            .or(board.and_then(|board| board.crates))
            .unwrap_or_else(|| default_crates(&self.target))
    }

    /// The linker's arguments, and the file that contains them if the linker is ours.
    fn link_args(
        &self,
        user: &UserConfig,
        linker: &Choice,
    ) -> Result<(Vec<String>, Option<Response>)> {
        let project = &self.ground.place.project;
        let by_us = linker.by == By::Xsys;
        let args = scripts::link_args(project, &self.target, &self.ground.cache, user, by_us)?;
        if !by_us {
            return Ok((args, None));
        }
        let path = arguments::file_of_artifact(project, &self.target, &self.directory);
        let stand_in = format!("@{}", path.display());
        Ok((vec![stand_in], Some((path, args))))
    }
}

/// Whether a stable compiler has to take what it calls unstable.
pub(super) fn is_unstable(target: &Target) -> bool {
    // Inline assembler is unstable on these, and every crate for them needs it.
    target.kind == Kind::Json || matches!(target.arch(), "avr" | "msp430")
}
