//! Everything that is decided before cargo starts.
//!
//! The order of what decides: the command line, the package's metadata, the workspace's, the
//! board, the target itself.

mod artifacts;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use xsys_diag::Diagnostic;
use xsys_sysroot::{Cache, CrateSet, Panic, Request, Settings, Sysroot, Toolchain};
use xsys_target::{Kind, RunConfig, Target, What};

use crate::c_code;
use crate::cli::{BuildArgs, CargoFlags, TrimPaths};
use crate::driver::artifacts::Table;
use crate::driver::build_std::{self, BuildStd};
use crate::driver::defaults::{apply, board_emits, default_crates, spec_settings};
use crate::driver::library_flags;
use crate::driver::linking::arguments;
use crate::driver::linking::choice::{self, By, Choice};
use crate::driver::linking::front::Front;
use crate::driver::linking::question::Question;
use crate::driver::linking::rustflags::{self, Inputs};
use crate::driver::linking::scripts;
use crate::driver::linking::user_flags::{self, UserConfig};
use crate::driver::which::{Place, load_target, no_target};
use crate::error::Result;
use crate::harness::advice;
use crate::images::emit::Emit;
use crate::project::Project;
use crate::project::members::{self, Member, Part};
use crate::project::profile::{self, Profile};
use crate::project::trim_paths;
use crate::project::verb::Verb;
use crate::render::report_problems;
use crate::ui::{SysrootProgress, Ui};
use crate::web::{self, Web};
use artifacts::is_unstable;

/// The decisions for a project and a target.
#[derive(Debug)]
pub(crate) struct Plan {
    pub toolchain: Toolchain,
    pub project: Project,
    pub target: Target,
    pub emits: Vec<Emit>,
    /// The directory that pages load.
    pub web: Option<Web>,
    pub run: Option<RunConfig>,
    pub flags: CargoFlags,
    pub sysroot: Sysroot,
    pub sysroot_time: Duration,
    pub linker: Choice,
    pub user: UserConfig,
    /// The linker's scripts and options that the board and the manifest name.
    pub link_args: Vec<String>,
    /// The programs that stand in for other linkers.
    pub fronts: Vec<Front>,
    /// What rustc is told for targets of artifact dependencies.
    pub artifacts: Table,
    /// What their linkers are told, by the files that stand for it.
    pub responses: Vec<artifacts::Response>,
    pub build_std: Option<BuildStd>,
    /// Variables that tell build scripts which C compiler to use.
    pub c_code: Vec<(String, OsString)>,
    /// `CARGO_ENCODED_RUSTFLAGS` and the same for rustdoc.
    pub rustflags: String,
    pub rustdocflags: String,
}

impl Plan {
    /// Decides everything, and makes sure that the sysroots exist: a plan for each target, in the
    /// order in which they are built.
    ///
    /// # Errors
    /// If something cannot be decided, or a sysroot cannot be built.
    pub(crate) fn make(
        ui: &Ui,
        verb: Verb,
        args: &BuildArgs,
        plus: Option<&str>,
        directory: &Path,
    ) -> Result<Vec<Self>> {
        Self::make_after(ui, verb, args, (plus, directory), &mut |_| Ok(()))
    }

    /// The same for a command that has to check something before anything is compiled: `look` sees each target in the
    /// order of the plans.
    ///
    /// # Errors
    /// As for [`make`](Self::make), and the errors of `look`.
    pub(crate) fn make_after(
        ui: &Ui,
        verb: Verb,
        args: &BuildArgs,
        (plus, directory): (Option<&str>, &Path),
        look: &mut dyn FnMut(&Ahead<'_>) -> Result<()>,
    ) -> Result<Vec<Self>> {
        let mut grounds = Ground::find(ui, args, plus, directory)?;
        if verb == Verb::Run {
            runnable(&mut grounds)?;
        }
        // Everything is decided before anything is compiled.
        let mut decisions = Vec::new();
        for ground in &grounds {
            let targets = ground.targets(args)?;
            if verb == Verb::Run && targets.len() > 1 {
                // cargo's rule, in its words.
                return Err(Diagnostic::error("only one `--target` argument is supported").into());
            }
            for what in &targets {
                let decision = ground.decide(ui, verb, args, what)?;
                look(&Ahead {
                    project: &ground.place.project,
                    flags: &ground.flags,
                    target: &decision.target,
                })?;
                decisions.push((ground, decision));
            }
        }
        decisions
            .into_iter()
            .map(|(ground, decision)| ground.plan(ui, verb, decision))
            .collect()
    }

    /// Whether programs of the target run on this machine's operating system, too.
    pub(crate) fn is_for_host(&self) -> bool {
        self.target.kind == Kind::Builtin && self.target.name == self.toolchain.rustc.host()
    }

    /// The value of cargo's `--target`.
    pub(crate) fn cargo_target(&self) -> String {
        cargo_target(&self.target, &self.sysroot)
    }

    /// Whether a stable compiler has to accept unstable options for it.
    pub(crate) fn needs_bootstrap(&self) -> bool {
        is_unstable(&self.target)
    }

    /// Keeps cargo from building another standard library.
    pub(crate) fn switch_off_build_std(&self, command: &mut Command) -> Result<()> {
        let heeded = self.needs_bootstrap()
            || self.toolchain.rustc.is_nightly()
            || std::env::var_os("RUSTC_BOOTSTRAP").is_some_and(|value| value == "1");
        if let Some(build_std) = self.build_std.as_ref().filter(|_| heeded) {
            build_std.switch_off(command, &self.project.target_dir.join("xsys").join("std"))?;
        }
        Ok(())
    }
}

/// What is known of a target before anything is compiled.
#[derive(Clone, Copy)]
pub(crate) struct Ahead<'p> {
    pub project: &'p Project,
    pub flags: &'p CargoFlags,
    pub target: &'p Target,
}

/// What the targets of a command share, for members of a workspace that are built alike.
#[derive(Clone)]
struct Ground {
    place: Place,
    flags: CargoFlags,
    /// The command line's.
    trim_paths: Option<TrimPaths>,
    build_std: Option<BuildStd>,
    cache: Cache,
}

/// What is decided for one target.
struct Decision {
    target: Target,
    emits: Vec<Emit>,
    web: Option<Web>,
    crates: CrateSet,
    settings: Settings,
    linker: Choice,
    /// What cargo is told besides the user's flags.
    added: Vec<OsString>,
    user: UserConfig,
    c_code: Vec<(String, OsString)>,
    artifacts: Vec<artifacts::Decision>,
}

impl Ground {
    fn find(ui: &Ui, args: &BuildArgs, plus: Option<&str>, directory: &Path) -> Result<Vec<Self>> {
        let mut flags = CargoFlags::read(&args.cargo);
        let place = Place::find(directory, plus, &flags)?;
        let build_std = BuildStd::of(&place.config, &flags);
        flags.flags = build_std::without(&flags.flags);
        let whole = Self {
            place,
            flags,
            trim_paths: args.trim_paths.clone(),
            build_std,
            cache: Cache::from_env().map_err(|error| error.into_diagnostic())?,
        };
        Ok(whole.parts(ui, args))
    }

    /// The same for each part that is built by its own call of cargo.
    fn parts(self, ui: &Ui, args: &BuildArgs) -> Vec<Self> {
        let mut parts = members::parts(&self.place.project.members, &self.flags);
        let one_for_all =
            !args.what.all().is_empty() || !self.place.config.build_targets().is_empty();
        if !one_for_all {
            for member in members::without_target(&mut parts) {
                let name = member.name();
                let text = format!(
                    "{name}, which names no target; `cargo build -p {name}` builds it for this machine"
                );
                ui.status("Left out", &text);
            }
        }
        if parts.len() < 2 {
            // What only cargo can divide, or what need not be divided.
            let part = parts.pop();
            let project = part.as_ref().map(|part| self.place.project.with(part));
            return vec![Self {
                flags: part.map_or_else(|| self.flags.clone(), |part| part.flags),
                place: Place {
                    project: project.unwrap_or_else(|| self.place.project.clone()),
                    ..self.place
                },
                ..self
            }];
        }
        let part = |part: Part| Self {
            place: Place {
                project: self.place.project.with(&part),
                ..self.place.clone()
            },
            flags: part.flags,
            ..self.clone()
        };
        parts.into_iter().map(part).collect()
    }

    /// The requested targets.
    fn targets(&self, args: &BuildArgs) -> Result<Vec<What>> {
        let targets = self.place.what(&args.what)?;
        if targets.is_empty() {
            return Err(self.no_target().into());
        }
        Ok(targets)
    }

    /// Why there is no target: none is named, or the requested package does not exist.
    fn no_target(&self) -> Diagnostic {
        match self.flags.packages.as_slice() {
            [spec, ..] if self.place.project.members.is_empty() => Diagnostic::error(format!(
                "package ID specification `{spec}` did not match any packages"
            )),
            _ => no_target(),
        }
    }

    fn decide(&self, ui: &Ui, verb: Verb, args: &BuildArgs, what: &What) -> Result<Decision> {
        let wishes = &self.place.project.settings;
        let target = self.target(ui, args, what)?;
        let user =
            user_flags::user_config(&self.place.config, &self.place.toolchain.rustc, &target)?;
        let build_std = |by_flag| {
            let asked = self.build_std.as_ref();
            asked
                .filter(|asked| asked.by_flag == by_flag)
                .map(|asked| asked.crates)
        };
        let crates = args
            .crates
            .map(xsys_target::CrateSet::from)
            .or(build_std(true))
            .or(wishes.crates)
            .or(build_std(false))
            .or(target.board.as_ref().and_then(|board| board.crates))
            .unwrap_or_else(|| default_crates(&target));
        let linker = self.linker_of(verb, args.linker.as_deref(), &target, crates, &user)?;
        if verb.links() {
            linker.tell(ui, &target);
        }
        let added = match verb.is_of_tests() && crates != CrateSet::Std {
            true => advice::before(
                ui,
                &self.place.toolchain,
                &self.place.project,
                &self.flags,
                &target.name,
            )?,
            false => Vec::new(),
        };
        let (emits, web) = self.emits(args, &target)?;
        if let (Some(web), Verb::Build) = (&web, verb) {
            web.check(&target, &self.place.project)?;
        }
        Ok(Decision {
            added,
            emits,
            web,
            settings: self.settings(verb, &target, crates, &user)?,
            linker,
            c_code: self.c_code(ui, verb, &target)?,
            artifacts: self.artifacts(ui, verb, &target)?,
            crates,
            target,
            user,
        })
    }

    /// Loads a target. A wrong spec is reported before anything is compiled, with its places.
    fn target(&self, ui: &Ui, args: &BuildArgs, what: &What) -> Result<Target> {
        let mut target = load_target(what, &self.place.toolchain)?;
        let has_source = target.source.is_some();
        if args.threads || self.place.project.settings.threads == Some(true) {
            target = target.with_threads()?;
        }
        if has_source {
            let problems = target
                .check(&self.place.toolchain.rustc)
                .map_err(|error| error.into_diagnostic())?;
            report_problems(ui, problems)?;
        }
        Ok(target)
    }

    fn c_code(&self, ui: &Ui, verb: Verb, target: &Target) -> Result<Vec<(String, OsString)>> {
        c_code::prepare(ui, &self.asked_of_cargo(verb, target))
    }

    /// The build, for those who look at what cargo would compile.
    fn asked_of_cargo<'g>(&'g self, verb: Verb, target: &'g Target) -> c_code::Build<'g> {
        c_code::Build {
            verb,
            toolchain: &self.place.toolchain,
            project: &self.place.project,
            config: &self.place.config,
            target,
            flags: &self.flags,
            cache: &self.cache,
        }
    }

    /// The images and the directory for pages: the command line's, the project's, or the board's.
    fn emits(&self, args: &BuildArgs, target: &Target) -> Result<(Vec<Emit>, Option<Web>)> {
        let list = match &self.place.project.settings.emit {
            _ if !args.emit.is_empty() => &args.emit,
            Some(list) => list,
            None => return Ok((self.named(board_emits(target)?), None)),
        };
        let (web, images) = web::split(list)?;
        Ok((self.named(Emit::parse_all(images)?), web))
    }

    fn named(&self, mut emits: Vec<Emit>) -> Vec<Emit> {
        let shared = self.place.project.shared();
        emits.iter_mut().for_each(|emit| emit.shared = shared);
        emits
    }

    /// Whether tests of a target with std use our harness: if a failing test would end the others,
    /// and no other runner is configured.
    fn tests_one_by_one(target: &Target, user: &UserConfig) -> bool {
        target.is_wasm() && !target.is_emscripten() && user.runner.is_none()
    }

    /// How the standard library is built: by the target's defaults, the program's flags, and the
    /// project's settings, in this order.
    fn settings(
        &self,
        verb: Verb,
        target: &Target,
        crates: CrateSet,
        user: &UserConfig,
    ) -> Result<Settings> {
        let manifest = &self.place.project.root_manifest;
        let profile = profile::resolve(manifest, &self.place.config, verb.profile(&self.flags));
        let flags = [profile.rustflags.clone(), user.rustflags.clone()].concat();
        let mut settings = spec_settings(target, &flags)?;
        settings.test = verb.has_tests(&self.flags)
            && crates == CrateSet::Std
            && (verb == Verb::Bench || !Self::tests_one_by_one(target, user));
        if let Some(panic) = self.panic(verb, &profile, &flags) {
            settings.panic = panic;
        }
        settings.rustflags = library_flags::handed_on(&flags);
        if let Some(asked) = &self.build_std {
            settings.features = asked.features(crates);
        }
        apply(&mut settings, &self.place.project.settings.sysroot)?;
        Ok(settings)
    }

    /// Who links. If nothing is linked, a missing linker does not matter.
    fn linker_of(
        &self,
        verb: Verb,
        asked: Option<&str>,
        target: &Target,
        crates: CrateSet,
        user: &UserConfig,
    ) -> Result<Choice> {
        let toolchain = &self.place.toolchain;
        let choice = choice::choose(&Question {
            target,
            crates,
            asked,
            user,
            toolchain,
        });
        let matters = match verb {
            // Other commands may compile or not.
            Verb::Other => false,
            Verb::Build => self.place.project.links(&self.flags),
            _ => verb.links(),
        };
        if !matters {
            return Ok(choice.unwrap_or_else(|_| Choice::none()));
        }
        let choice = choice?;
        if verb == Verb::Build {
            self.place.project.can_be_made(target, &self.flags)?;
        }
        self.place.project.script_is_there()?;
        Ok(choice)
    }

    /// The strategy that the program is compiled with, if it is not the target's own: flags come
    /// after the profile's on rustc's command line.
    fn panic(&self, verb: Verb, profile: &Profile, flags: &[String]) -> Option<Panic> {
        if let Some(panic) = user_flags::panic(flags) {
            return panic.parse().ok();
        }
        // The test harness catches panics; cargo ignores the profile's strategy for tests.
        let left_out = verb.is_of_tests() && !self.unstable("panic-abort-tests");
        // Unwinding is cargo's default and says nothing; other words are left to cargo.
        let panic = profile.panic.as_ref().filter(|_| !left_out)?;
        panic.parse().ok().filter(|&panic| panic != Panic::Unwind)
    }

    /// Whether a switch of cargo's is on.
    fn unstable(&self, name: &str) -> bool {
        self.place.config.unstable(name).as_bool() == Some(true)
            || self.flags.unstable(name).is_some()
    }

    /// Finds or builds the sysroot, and with it the rest of what cargo is given.
    fn plan(&self, ui: &Ui, verb: Verb, decision: Decision) -> Result<Plan> {
        let start = Instant::now();
        let sysroot = self.sysroot(ui, &decision)?;
        let sysroot_time = start.elapsed();
        let Decision {
            target,
            emits,
            web,
            settings,
            linker,
            added,
            user,
            c_code,
            artifacts,
            ..
        } = decision;
        let mut flags = self.flags.clone();
        flags.flags.extend(added);
        let by_us = linker.by == By::Xsys;
        let link_args =
            scripts::link_args(&self.place.project, &target, &self.cache, &user, by_us)?;
        let told = match by_us {
            true => vec![arguments::stand_in(&self.place.project, &target)],
            false => link_args.clone(),
        };
        let profile = verb.profile(&self.flags);
        let asked = self.trim_paths.as_ref();
        let trims = trim_paths::flags(asked, profile, &self.place.project, &self.place.toolchain);
        let inputs = Inputs {
            sysroot: &sysroot.path,
            linker: &linker,
            target: &target,
            cpu: settings.cpu.as_deref(),
            link_args: &told,
            trims: &trims,
        };
        let doc_inputs = Inputs {
            trims: &[],
            ..inputs.clone()
        };
        let mut flags_of_all = rustflags::merge(&user.rustflags, &inputs);
        let mut fronts = Front::put(&linker, &user, &target, &self.place, &mut flags_of_all);
        let (mut rows, mut responses) = (Vec::new(), Vec::new());
        for artifact in artifacts {
            let mut prepared = self.prepare_artifact(ui, artifact, &trims)?;
            rows.push(prepared.row);
            responses.append(&mut prepared.responses);
            fronts.append(&mut prepared.fronts);
        }
        let artifacts = Table::new(flags_of_all.clone(), rows);
        if !artifacts.is_empty() {
            flags_of_all.push(artifacts.mark());
        }
        Ok(Plan {
            rustflags: rustflags::encode(&flags_of_all),
            rustdocflags: rustflags::encode(&rustflags::merge(&user.rustdocflags, &doc_inputs)),
            artifacts,
            responses,
            fronts,
            run: self
                .place
                .project
                .settings
                .run
                .clone()
                .map(|run| RunConfig {
                    engine: run.engine,
                    program: run.program,
                    args: run.args,
                    stop: run.stop,
                }),
            toolchain: self.place.toolchain.clone(),
            project: self.place.project.clone(),
            flags,
            build_std: self.build_std.clone(),
            target,
            emits,
            web,
            sysroot,
            sysroot_time,
            linker,
            user,
            link_args,
            c_code,
        })
    }

    fn sysroot(&self, ui: &Ui, decision: &Decision) -> Result<Sysroot> {
        let progress = SysrootProgress::new(Ui {
            quiet: ui.quiet || self.flags.quiet,
            ..*ui
        });
        let request = Request {
            target: &decision.target,
            toolchain: &self.place.toolchain,
            crates: decision.crates,
            settings: decision.settings.clone(),
            offline: self.flags.offline,
            cache: &self.cache,
            jobs: self
                .flags
                .jobs
                .as_deref()
                .and_then(|jobs| jobs.parse().ok()),
        };
        Ok(xsys_sysroot::ensure(&request, &progress).map_err(|error| error.into_diagnostic())?)
    }
}

/// Keeps the members with the one program to run; cargo's rule, in its words.
fn runnable(grounds: &mut Vec<Ground>) -> Result<()> {
    if grounds.len() < 2 {
        return Ok(());
    }
    let has = |ground: &Ground, wanted: fn(&Member) -> bool| {
        ground.place.project.members.iter().any(wanted)
    };
    if grounds
        .iter()
        .any(|ground| has(ground, |member| member.default_run().is_some()))
    {
        grounds.retain(|ground| has(ground, |member| member.default_run().is_some()));
    } else {
        grounds.retain(|ground| has(ground, |member| member.binaries().next().is_some()));
    }
    if grounds.len() == 1 {
        return Ok(());
    }
    let members = grounds
        .iter()
        .flat_map(|ground| &ground.place.project.members);
    let mut names: Vec<&str> = members.flat_map(Member::binaries).collect();
    names.sort_unstable();
    Err(
        Diagnostic::error("`cargo run` could not determine which binary to run")
            .help("use the `--bin` option to specify a binary, or the `default-run` manifest key")
            .note(format!("available binaries: {}", names.join(", ")))
            .into(),
    )
}

fn cargo_target(target: &Target, sysroot: &Sysroot) -> String {
    match &sysroot.spec {
        Some(spec) => spec.display().to_string(),
        None => target.name.clone(),
    }
}
