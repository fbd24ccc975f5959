//! The wasm linker: objects in, a module out.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`. Command line and memory layout are wasm-ld's, so that tools
//! which read its outputs work with ours.
//!
//! [`link_into`] is the table of contents. Each pass is a function that borrows the results of the passes before it;
//! what is fixed after each step is said beside it.

mod assign;
mod code;
pub mod command;
mod debug;
mod features;
mod ids;
mod index;
mod layout;
mod leb;
mod live;
mod load;
mod name_table;
pub mod object;
pub mod options;
mod reloc;
mod relocatable;
mod relocate;
mod reports;
mod symbols;
mod synthetic;
mod write;

use xsys_diag::{Diagnostic, Severity};

pub use load::WasmInput;
pub use options::WasmOptions;
use symbols::told::Stage;

use crate::input::map::FileStore;

/// A finished module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
    /// What `--trace`, `--print-map` and similar options print.
    pub stdout: String,
}

/// Links inputs, given in command-line order, into a module in memory.
pub fn link<'a>(
    options: &'a WasmOptions,
    inputs: Vec<WasmInput<'a>>,
) -> Result<Linked, Vec<Diagnostic>> {
    let mut bytes = Vec::new();
    let store = FileStore::new();
    let (warnings, stdout) = link_into(options, &store, inputs, |module| {
        // A value other than zero, so that tests notice bytes that are never written.
        bytes.resize(module.size(), 0xcc);
        module.write(&mut bytes);
        Ok(())
    })?;
    Ok(Linked {
        bytes,
        warnings,
        stdout,
    })
}

/// Links, and passes the planned output to `put`, which writes it. Returns warnings and what is to be printed.
/// Members of thin archives are opened in `store`.
pub fn link_into<'a>(
    options: &'a WasmOptions,
    store: &'a FileStore,
    inputs: Vec<WasmInput<'a>>,
    put: impl FnOnce(&layout::module::Planned<'_, '_, '_>) -> Result<(), Diagnostic>,
) -> Result<(Vec<Diagnostic>, String), Vec<Diagnostic>> {
    let mut problems = options.warnings.clone();
    let keeper = reloc::Keeper::default();

    // Objects are parsed; archives are only indexed.
    let loaded = load::load(&inputs, store, &keeper, options)?;
    problems.extend(loaded.warnings);
    // Every name gets its definition; after this no file is added.
    let (mut resolved, found) =
        symbols::resolve::resolve(options, &keeper, loaded.candidates, &loaded.stubs);
    problems.extend(found);
    problems.extend(reports::requests(options, &resolved));
    let (features, found) = features::Features::collect(options, &resolved);
    problems.extend(found);
    // What an unusable file would have defined is missing now; that is not reported as well.
    if problems
        .iter()
        .any(|problem| problem.code == Some(load::UNUSABLE))
    {
        return Err(problems);
    }

    // What lives is fixed here. After other errors the tables are complete, so that the next passes report theirs
    // in the same run.
    let mut live = live::gc::gc(options, &resolved);
    synthetic::stubs::settle(options, &mut resolved, &mut live);
    problems.extend(features.for_threads(options, &resolved, &live));
    problems.extend(features.for_globals(options, &resolved, &live));
    let (mut stdout, found) = reports::text(options, &resolved, &live);
    problems.extend(found);
    if !is_fatal(options, &problems) {
        live::fold::fold(options, &mut resolved, &mut live);
    }

    // Addresses, indexes, bodies, offsets: after this nothing moves.
    let (layout, found) = assign::assign(options, &mut resolved, &mut live, &features);
    problems.extend(found);
    stdout += resolved.told.text(Stage::Segments);
    let Some(layout) = layout.filter(|_| !is_fatal(options, &problems)) else {
        return Err(problems);
    };
    let module = layout::module::Module {
        options,
        resolved: &resolved,
        live: &live,
        layout: &layout,
        features: &features,
    };

    // The pieces of the output and their sizes; their bytes are made while they are written.
    let planned = write::plan(&module);
    if let Some(to) = &options.reports.map {
        let found = reports::inputs::deliver(to, &reports::map::render(&planned), &mut stdout);
        problems.extend(found);
        if is_fatal(options, &problems) {
            return Err(problems);
        }
    }
    match put(&planned) {
        Ok(()) => Ok((problems, stdout)),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

fn is_fatal(options: &WasmOptions, problems: &[Diagnostic]) -> bool {
    let fatal = |problem: &Diagnostic| problem.severity == Severity::Error;
    problems.iter().any(fatal) || (options.fatal_warnings && !problems.is_empty())
}
