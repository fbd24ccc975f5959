//! C code in a Rust project: what compiles it, and what is said where nothing does.
//!
//! Crates such as `ring` or a bundled SQLite start a C compiler from their build scripts, and guess
//! which one from the target's name. The guess ends in the host's compiler, or in another C
//! library's headers, and is noticed minutes later in a link. So before anything is compiled:
//!
//! 1. [`graph`]: which crates of this build have to do with C, and who brought them.
//! 2. [`machine`], [`compiler`], [`headers`]: which installed compiler makes code for the target, with
//!    which flags and which library's headers.
//! 3. [`environment`]: the variables that tell build scripts, unless the user has set them.
//! 4. [`advice`], [`known`]: nothing is installed: what to install, or to use instead.
//!
//! In the link [`foreign`] looks at what build scripts have handed over. Archives are made by us
//! ([`crate::archiver`]): an index that the host's `ar` makes knows the host's objects.

pub(crate) mod advice;
pub(crate) mod compiler;
pub(crate) mod environment;
pub(crate) mod foreign;
pub(crate) mod graph;
pub(crate) mod headers;
pub(crate) mod known;
pub(crate) mod machine;
mod question;

pub(crate) use question::{asked_as, unit_graph};

use std::ffi::OsString;
use std::path::Path;

use xsys_sysroot::{Cache, Toolchain};
use xsys_target::{Kind, Target};

use crate::archiver;
use crate::cli::CargoFlags;
use crate::error::Result;
use crate::project::Project;
use crate::project::cargo_config::CargoConfig;
use crate::project::verb::Verb;
use crate::render;
use crate::ui::Ui;

use compiler::{Compiler, Host};
use graph::{CCrate, Task};
use machine::Machine;

/// What the choice depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build<'a> {
    pub verb: Verb,
    pub toolchain: &'a Toolchain,
    pub project: &'a Project,
    pub config: &'a CargoConfig,
    pub target: &'a Target,
    pub flags: &'a CargoFlags,
    pub cache: &'a Cache,
}

/// Variables for cargo, so that build scripts find the compiler for the target. Fails if the build
/// could only fail.
pub(crate) fn prepare(ui: &Ui, build: &Build<'_>) -> Result<Vec<(String, OsString)>> {
    let target = build.target;
    let is_host = target.kind == Kind::Builtin && target.name == build.toolchain.rustc.host();
    let Some(machine) = Machine::of(&target.spec).filter(|_| !is_host) else {
        return Ok(Vec::new());
    };
    let crates = question::ask(ui, build)?;
    if crates.is_empty() {
        return Ok(Vec::new());
    }
    let lookup = |name: &str| build.config.variable(name);
    let quiet = ui.quiet || build.flags.quiet;
    let found = Found {
        machine: &machine,
        target: &target.name,
        crates: &crates,
        lookup: &lookup,
    };
    let mut diagnostics = Vec::from_iter(found.missing_libraries());
    let mut variables = Vec::new();
    let archiver = archiver::install(build.cache)?;
    if environment::own_compiler(&target.name, &lookup).is_some() {
        variables = environment::archivers(&target.name, &archiver, &lookup);
    } else {
        let headers = headers::find(&machine, build.cache)?;
        let directory = headers.as_ref().map(|headers| headers.directory.as_path());
        match compiler::choose(&machine, Host::this(), directory) {
            Some(compiler) => {
                variables = found.variables(&compiler, directory, &archiver);
                if !quiet {
                    found.tell(ui, &compiler, headers.as_ref());
                }
            }
            None => diagnostics.extend(advice::no_compiler(&crates, &machine, &target.name)),
        }
    }
    if advice::any_error(&diagnostics) {
        return Err(diagnostics.into());
    }
    render::show(ui, &diagnostics);
    Ok(variables)
}

/// What is known when the compiler is chosen.
struct Found<'a> {
    machine: &'a Machine,
    target: &'a str,
    crates: &'a [CCrate],
    lookup: environment::Lookup<'a>,
}

impl Found<'_> {
    fn missing_libraries(&self) -> Option<xsys_diag::Diagnostic> {
        let crates: Vec<&CCrate> = self
            .crates
            .iter()
            .filter(|found| known::must_find(found))
            .filter(|found| !environment::may_find(&found.name, self.target, self.lookup))
            .collect();
        advice::no_library(&crates, self.machine, self.target)
    }

    fn variables(
        &self,
        compiler: &Compiler,
        headers: Option<&Path>,
        archiver: &Path,
    ) -> Vec<(String, OsString)> {
        let clang = self
            .crates
            .iter()
            .any(|found| found.does(Task::Bind))
            .then(|| compiler::clang_flags(self.machine, headers));
        environment::variables(
            self.target,
            compiler,
            clang.as_deref(),
            archiver,
            self.lookup,
        )
    }

    /// The compiler that is used is shown.
    fn tell(&self, ui: &Ui, compiler: &Compiler, headers: Option<&headers::Headers>) {
        let crates: Vec<&CCrate> = self
            .crates
            .iter()
            .filter(|found| found.does(Task::Compile))
            .collect();
        if crates.is_empty() {
            return;
        }
        let library = match (self.machine.libc, headers) {
            (machine::Libc::Musl, Some(headers)) if headers.own => {
                " with xsys's own headers of musl".to_owned()
            }
            (_, Some(headers)) => format!(" with the headers in {}", headers.directory.display()),
            _ => String::new(),
        };
        ui.status(
            "C compiler",
            &format!(
                "{}{library} for {}",
                compiler.name,
                advice::listed(&crates).replace('`', "")
            ),
        );
    }
}
