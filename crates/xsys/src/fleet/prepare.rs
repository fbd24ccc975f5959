//! What is known of a fleet before anything is compiled: which programs there are, which kinds of systems the devices
//! need, and whether everything that a device names exists.
//!
//! A mistake in the file ends the command. A mistake in one device, or one kernel, is reported, and the other devices
//! are made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use xsys_diag::{Diagnostic, did_you_mean};
use xsys_target::{Target, What};

use super::description::{Device, Fleet, no_program};
use super::told::Told;
use crate::appliance::system::{self, Chosen};
use crate::appliance::{Description, Root, files, own, processor};
use crate::cli::Call;
use crate::cli::CargoFlags;
use crate::driver::which::Place;
use crate::driver::which::load_target;
use crate::error::Result;
use crate::project::members::Member;
use crate::render;

/// What devices with the same system share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub target: String,
    pub machine: &'static str,
    kernel: String,
    /// Where kernel and firmware are: a device may have its own firmware.
    paths: Vec<PathBuf>,
    kernel_version: Option<String>,
    modules: Vec<String>,
    root: Root,
    /// Names of programs.
    pub programs: Vec<String>,
}

/// A program of the fleet and its package.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub package: Member,
    pub features: Vec<String>,
    pub default_features: bool,
    pub profile: String,
    /// Names of its executables.
    pub bins: Vec<String>,
    /// Whether these are all executables of the package.
    pub all: bool,
}

/// A fleet that can be made, except for its broken devices.
pub(crate) struct Prepared<'f> {
    pub fleet: &'f Fleet,
    pub programs: BTreeMap<String, Program>,
    pub targets: BTreeMap<String, Target>,
    pub kinds: BTreeMap<Kind, (Arc<Chosen>, Vec<&'f Device>)>,
    /// cargo's target directory.
    pub target_dir: PathBuf,
    /// Names of devices that cannot be made. The reasons have been reported.
    pub broken: BTreeSet<String>,
}

impl<'f> Prepared<'f> {
    /// Checks everything that these devices need.
    pub(crate) fn new(
        call: &Call,
        fleet: &'f Fleet,
        devices: &[&'f Device],
        cargo_flags: &[std::ffi::OsString],
    ) -> Result<Self> {
        let mut words = vec!["--workspace".into()];
        words.extend(cargo_flags.iter().cloned());
        let flags = CargoFlags::read(&words);
        let place = Place::find(fleet.directory(), call.toolchain.as_deref(), &flags)?;
        let programs = programs(fleet, &place.project.members)?;
        render::show(&call.ui, &fleet.warnings);
        let mut told = Told::default();
        let mut exposed = Told::default();
        let mut targets: BTreeMap<String, Target> = BTreeMap::new();
        let mut kinds: BTreeMap<Kind, Vec<&Device>> = BTreeMap::new();
        let mut broken = BTreeSet::new();
        for &device in devices {
            exposed.add(&device.name, device.description.names().secrets().exposed());
            if !targets.contains_key(&device.target) {
                let what = What::Triple(device.target.clone());
                let target = load_target(&what, &place.toolchain)?;
                targets.insert(device.target.clone(), target);
            }
            let kind = Kind::of(device, &programs);
            let mut problems = Vec::new();
            let mut look = |result: Result<()>| {
                if let Err(failure) = result {
                    problems.extend(failure.diagnostics);
                }
            };
            let description = &device.description;
            let target = &targets[&device.target];
            look(processor::kernels(target, description.machine()).map(drop));
            look(description.kernel_is_there());
            match known_programs(fleet, device, &programs)
                .and_then(|()| one_program_a_name(&kind, &programs))
            {
                Ok(()) => {
                    let bins = kind.programs.iter().flat_map(|name| &programs[name].bins);
                    look(own::check_places(description, bins.map(String::as_str)));
                }
                wrong => look(wrong),
            }
            look(files::gather(description).map(drop).map_err(Into::into));
            match problems.is_empty() {
                true => kinds.entry(kind).or_default().push(device),
                false => {
                    broken.insert(device.name.clone());
                    told.add(&device.name, problems);
                }
            }
        }
        let mut chosen_kinds = BTreeMap::new();
        for (kind, devices) in kinds {
            let Some(first) = devices.first() else {
                continue;
            };
            let target = &targets[&kind.target];
            match system::choose(call.ui, target, &first.description) {
                Ok(chosen) => {
                    chosen_kinds.insert(kind, (Arc::new(chosen), devices));
                }
                Err(failure) => {
                    for device in devices {
                        broken.insert(device.name.clone());
                        told.add(&device.name, failure.diagnostics.clone());
                    }
                }
            }
        }
        let mut all: Vec<Diagnostic> = exposed.all(devices.len()).collect();
        all.extend(told.all(devices.len()));
        render::show(&call.ui, &all);
        Ok(Self {
            fleet,
            programs,
            targets,
            kinds: chosen_kinds,
            target_dir: place.project.target_dir,
            broken,
        })
    }

    /// Names of the executables of a device that can be made.
    pub(crate) fn bins(&self, device: &str) -> Option<Vec<String>> {
        let has = |devices: &[&Device]| devices.iter().any(|known| known.name == device);
        let mut kinds = self.kinds.iter();
        let (kind, _) = kinds.find(|(_, (_, devices))| has(devices))?;
        let bins = kind
            .programs
            .iter()
            .flat_map(|name| &self.programs[name].bins);
        Some(bins.cloned().collect())
    }

    /// All devices of a kind, also those that were not requested: what they share is the same in every build.
    pub(crate) fn alike(&self, kind: &Kind) -> Vec<&Description> {
        let devices = self.fleet.devices.iter();
        let alike = devices.filter(|device| Kind::of(device, &self.programs) == *kind);
        alike.map(|device| &device.description).collect()
    }

    /// Its output directory.
    pub(crate) fn out(&self) -> PathBuf {
        self.target_dir.join("fleet")
    }
}

impl Kind {
    fn of(device: &Device, programs: &BTreeMap<String, Program>) -> Self {
        let description = &device.description;
        let mut names: Vec<String> = match &device.programs {
            Some(names) => names.clone(),
            None => programs.keys().cloned().collect(),
        };
        names.sort();
        names.dedup();
        Self {
            target: device.target.clone(),
            machine: description.machine().name,
            kernel: device.kernel.clone(),
            paths: description.kernel(),
            kernel_version: description.kernel_version().map(str::to_owned),
            modules: description.modules().to_vec(),
            root: description.root(),
            programs: names,
        }
    }
}

/// Without `[programs]`, those of the workspace are meant.
fn known_programs(
    fleet: &Fleet,
    device: &Device,
    programs: &BTreeMap<String, Program>,
) -> Result<()> {
    let names: Vec<&str> = programs.keys().map(String::as_str).collect();
    let named = device.programs.iter().flatten().zip(&device.program_places);
    let unknown = named.filter(|(name, _)| !programs.contains_key(*name));
    let problems: Vec<Diagnostic> = unknown
        .map(|(name, place)| no_program(name, &names).label(&fleet.source, place.clone(), ""))
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.into()),
    }
}

/// Two executables of one name cannot both be in `/bin`.
fn one_program_a_name(kind: &Kind, programs: &BTreeMap<String, Program>) -> Result<()> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for name in &kind.programs {
        for bin in &programs[name].bins {
            if let Some(other) = seen.insert(bin, name) {
                return Err(Diagnostic::error(format!(
                    "the programs `{other}` and `{name}` both have an executable `{bin}`"
                ))
                .help("choose by `bins` in `[programs.NAME]`, or let a device have one of them: `programs = [\"…\"]`")
                .into());
            }
        }
    }
    Ok(())
}

/// The fleet's programs in its workspace.
fn programs(fleet: &Fleet, members: &[Member]) -> Result<BTreeMap<String, Program>> {
    if fleet.programs.is_empty() {
        let members = members
            .iter()
            .filter(|member| member.binaries().next().is_some());
        let all: BTreeMap<String, Program> = members
            .map(|member| (member.name().to_owned(), whole(member)))
            .collect();
        return match all.is_empty() {
            true => Err(Diagnostic::error("the workspace has no program")
                .note(format!(
                    "looked for programs for `{}`",
                    fleet.source.path.display()
                ))
                .help("add a package with a `src/main.rs`: `cargo new NAME`")
                .into()),
            false => Ok(all),
        };
    }
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, said) in &fleet.programs {
        match program(name, said, members) {
            Ok(program) => {
                found.insert(name.clone(), program);
            }
            Err(problem) => {
                let span = fleet.places.get(name).cloned().unwrap_or(0..0);
                problems.push(problem.label(&fleet.source, span, ""));
            }
        }
    }
    match problems.is_empty() {
        true => Ok(found),
        false => Err(problems.into()),
    }
}

/// A whole package as a program.
fn whole(member: &Member) -> Program {
    Program {
        package: member.clone(),
        features: Vec::new(),
        default_features: true,
        profile: "release".to_owned(),
        bins: member.binaries().map(str::to_owned).collect(),
        all: true,
    }
}

fn program(
    name: &str,
    said: &super::description::Program,
    members: &[Member],
) -> std::result::Result<Program, Diagnostic> {
    let package = said.package.as_deref().unwrap_or(name);
    let unknown = |what: String, wanted: &str, known: Vec<&str>| {
        let problem = Diagnostic::error(what);
        match (
            did_you_mean(wanted, known.iter().copied()),
            known.is_empty(),
        ) {
            (Some(close), _) => problem.help(format!("did you mean `{close}`?")),
            (None, true) => problem.note("it has none"),
            (None, false) => problem.help(format!("there are: {}", known.join(", "))),
        }
    };
    let Some(member) = members.iter().find(|member| member.name() == package) else {
        let names = members.iter().map(Member::name).collect();
        return Err(unknown(
            format!("the workspace has no package `{package}`"),
            package,
            names,
        ));
    };
    for feature in &said.features {
        if !member.has_feature(feature) {
            let what = format!("the package `{package}` has no feature `{feature}`");
            return Err(unknown(what, feature, member.features().collect()));
        }
    }
    let all: Vec<&str> = member.binaries().collect();
    for bin in &said.bins {
        if !all.contains(&bin.as_str()) {
            let what = format!("the package `{package}` has no executable `{bin}`");
            return Err(unknown(what, bin, all));
        }
    }
    if all.is_empty() {
        return Err(
            Diagnostic::error(format!("the package `{package}` has no executable"))
                .help("a program needs a `src/main.rs`, or `[[bin]]` in its Cargo.toml"),
        );
    }
    let whole = whole(member);
    Ok(Program {
        features: said.features.clone(),
        default_features: said.default_features.unwrap_or(true),
        profile: said.profile.clone().unwrap_or(whole.profile),
        bins: match said.bins.is_empty() {
            true => whole.bins,
            false => said.bins.clone(),
        },
        all: said.bins.is_empty(),
        package: whole.package,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_with_other_firmware_are_of_another_kind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fleet.toml");
        let text = "[kernels.a]\npaths = 'k'\n[devices.one]\n[devices.other]\nfirmware = 'newer'\n[devices.third]\n";
        std::fs::write(&path, text).unwrap();
        let fleet = Fleet::read(&path).unwrap();
        let kinds = fleet.devices.iter();
        let kinds: Vec<Kind> = kinds.map(|it| Kind::of(it, &BTreeMap::new())).collect();
        assert_ne!(kinds[0], kinds[1]);
        assert_eq!(kinds[0], kinds[2]);
    }
}
