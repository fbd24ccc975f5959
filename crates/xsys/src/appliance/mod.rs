//! Linux appliances: a kernel of the user's choice, our init, the user's programs, on a card or in QEMU.
//!
//! A package becomes an appliance by a file `appliance.toml` beside its `Cargo.toml` ([`description`]). After its
//! programs were built, `xsys build` builds the init for the same target ([`init`]), takes kernel, modules and firmware
//! from what the description names ([`system`]), adds what is this device's own ([`own`]: settings, files, secrets),
//! puts programs and files into an image if the root is to be one ([`root`]), and makes a card's image ([`stamp`],
//! [`output`]) with a list of its parts ([`manifest`]). `xsys run` boots that image ([`machine`]), and `xsys test
//! --appliance` lets a command ask it things ([`mod@bench`]).
//!
//! Packages for boards without an operating system get cards as well ([`bare`]).
//!
//! The card has four partitions, so that a later update changes one of two systems and leaves the other alone: `SELECT`
//! says which system starts, `BOOT-A` and `BOOT-B` are systems (kernel and programs together), and the last one is for
//! data and is made by the init.

pub(crate) mod bare;
pub(crate) mod bench;
mod boards;
mod card;
mod checks;
pub(crate) mod compare;
pub(crate) mod crates;
mod description;
mod entry;
pub(crate) mod files;
pub(crate) mod imager;
pub(crate) mod init;
mod keys;
mod library;
pub(crate) mod machine;
pub(crate) mod manifest;
pub(crate) mod output;
pub(crate) mod own;
mod piece;
mod places;
pub(crate) mod processor;
pub(crate) mod revision;
pub(crate) mod root;
mod sbom;
mod secrets;
pub(crate) mod stamp;
pub(crate) mod system;
mod templates;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use self::description::{Description, FILE, Root, Whose, no_machine, parse, wrong_toml};
pub(crate) use self::stamp::tell;

use xsys_target::Target;

use self::bare::Bare;
use self::output::Output;
use self::revision::Revision;
use self::stamp::Card;
use self::system::{Chosen, Program, System};
use crate::cli::{BuildArgs, Call};
use crate::driver::plan::{Ahead, Plan};
use crate::error::{Failure, Result};
use crate::project::Project;
use crate::project::members::Member;
use crate::project::verb::Verb;
use crate::render;
use crate::ui::Ui;

/// A finished image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub path: PathBuf,
    /// Bytes of the card, and how many of them have to be written.
    pub size: u64,
    pub mapped: u64,
    /// Whether it existed already, unchanged.
    pub unchanged: bool,
}

/// A package that is an appliance, with everything but its programs.
#[derive(Debug)]
pub(crate) struct Appliance {
    package: Member,
    description: Description,
    kernel: Arc<Chosen>,
}

impl Appliance {
    /// The appliances among the packages of a project. Descriptions are checked and kernels are found before anything
    /// is compiled, including the standard library, so that a misspelt path is reported at once.
    pub(crate) fn prepare(ui: Ui, project: &Project, target: &Target) -> Result<Vec<Self>> {
        let mut described = Vec::new();
        if target.os() == "none" {
            // Cards for boards are made by [`bare`].
            return Ok(Vec::new());
        }
        for package in &project.members {
            let path = package.directory().join(description::FILE);
            if path.is_file() {
                let description = Description::read(&path)?;
                processor::kernels(target, description.machine())?;
                own::check_places(&description, package.binaries())?;
                render::show(&ui, &description.names().secrets().exposed());
                files::gather(&description)?;
                description.kernel_is_there()?;
                described.push((package.clone(), description));
            }
        }
        let prepare = |(package, description)| {
            Ok(Self {
                package,
                kernel: Arc::new(system::choose(ui, target, &description)?),
                description,
            })
        };
        described.into_iter().map(prepare).collect()
    }

    /// Makes its image from the built programs; none if its own are not among them.
    pub(crate) fn make(
        &self,
        call: &Call,
        plan: &Plan,
        programs: &[PathBuf],
    ) -> Result<Option<Image>> {
        let package = &self.package;
        let of_package = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            package.binaries().any(|binary| binary == name)
        };
        let programs: Vec<&PathBuf> = programs.iter().filter(of_package).collect();
        let Some(first) = programs.first() else {
            return Ok(None);
        };
        let directory = first.parent().unwrap_or(Path::new(""));
        let output = Output {
            directory: directory.to_owned(),
            name: package.name().to_owned(),
            fleet: None,
        };
        let known = crates::of(&call.ui, plan)?;
        let programs = programs.iter().map(|path| Program::read(path, &known));
        let programs = programs.collect::<Result<_>>()?;
        let init = init::build(call, &plan.target)?;
        let files = root::files(&[&self.description])?;
        let system = System::make(Arc::clone(&self.kernel), programs, &init, &files, None)?;
        let source = Revision::of(&package.directory().join("Cargo.toml"));
        let card = Card {
            name: package.name(),
            version: &package.version(),
            description: &self.description,
            system: &system,
            target: &plan.target.name,
            directory: None,
            source: source.as_ref(),
        };
        let _lock = output.lock(call.ui)?;
        card.make(&output).map(Some)
    }

    /// Prepares a test of it; call it before anything is built.
    pub(crate) fn bench(&self, options: &bench::Options) -> Result<bench::Bench> {
        let programs: Vec<String> = self.package.binaries().map(str::to_owned).collect();
        bench::Bench::new(&self.description, &programs, options)
    }

    /// Prepares a test of an image.
    pub(crate) fn test(&self, ui: Ui, image: &Image, bench: &bench::Bench) -> Result<u8> {
        bench.run(ui, &self.description, image)
    }

    /// Boots an image in QEMU.
    pub(crate) fn boot(&self, ui: Ui, image: &Image) -> Result<u8> {
        machine::boot(ui, &self.description, image)
    }
}

/// The plans of a command whose programs may become cards, each with the appliances among its packages. Everything that
/// the cards need is checked before anything is compiled.
///
/// # Errors
/// As for [`Plan::make`], and if something is wrong with a card.
pub(crate) fn plans(
    call: &Call,
    verb: Verb,
    args: &BuildArgs,
) -> Result<Vec<(Plan, Vec<Appliance>)>> {
    let mut appliances = Vec::new();
    let mut look = |ahead: &Ahead<'_>| {
        appliances.push(ahead_of(call.ui, verb, args, ahead)?);
        Ok(())
    };
    let place = (call.toolchain.as_deref(), &*call.directory);
    let plans = Plan::make_after(&call.ui, verb, args, place, &mut look)?;
    Ok(plans.into_iter().zip(appliances).collect())
}

/// Cards are made of programs that are linked.
fn ahead_of(ui: Ui, verb: Verb, args: &BuildArgs, ahead: &Ahead<'_>) -> Result<Vec<Appliance>> {
    let made = match verb {
        Verb::Build => ahead.project.links(ahead.flags),
        _ => verb == Verb::Run,
    };
    if !made || args.programs_only {
        return Ok(Vec::new());
    }
    let ui = Ui {
        quiet: ui.quiet || ahead.flags.quiet,
        ..ui
    };
    if verb == Verb::Build {
        // They are only needed if their programs are built.
        Bare::prepare(ahead.project, ahead.target)?;
    }
    Appliance::prepare(ui, ahead.project, ahead.target)
}

fn told(error: xsys_image::kernel::Error) -> Failure {
    error.into_diagnostic().into()
}
