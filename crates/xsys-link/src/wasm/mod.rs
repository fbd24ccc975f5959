//! The wasm linker: objects for `wasm32` into one module.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`; command line and layout are wasm-ld's, so that
//! tools which look into its outputs find what they expect.
//!
//! The passes, each a free function that borrows what earlier ones found:
//!
//! 1. [`load`]: files into objects; archives are only listed.
//! 2. [`resolve`]: names into definitions; members are pulled. No new file after this.
//! 3. [`gc`]: what the program can reach. What is dropped stays dropped.
//!    [`fold`]: of equal functions and constants one is kept.
//! 4. [`synth`]: functions that no object contains.
//! 5. [`assign`]: addresses, indexes, offsets, with [`shorten`] and [`tidy`] for the code. Nothing moves after
//!    this.
//! 6. [`relocate`]: values into fields, while
//! 7. [`write`](mod@write) lists what the output consists of, and [`fill`] fills it.

mod assign;
mod build_id;
pub mod command;
mod debug;
mod dylink;
mod dynamic;
mod dynamic_data;
mod features;
mod fill;
pub(crate) mod flags;
mod fold;
mod gaps;
mod gc;
mod heads;
mod hints;
mod index;
mod inputs_report;
mod layout;
mod leb;
mod load;
mod map;
mod memory;
mod mismatch;
mod missing;
mod module;
mod name_table;
mod names;
pub mod object;
pub mod options;
mod order;
mod reloc;
mod relocatable;
mod relocate;
mod report;
mod resolve;
mod shorten;
mod strings;
mod stub_library;
mod stubs;
mod symbols;
mod synth;
mod threads;
mod tidy;
mod why_live;
mod write;

use xsys_diag::{Diagnostic, Severity};

pub use load::WasmInput;
pub use options::WasmOptions;

use crate::input::map::FileStore;

/// A finished module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Problems that do not prevent the output.
    pub warnings: Vec<Diagnostic>,
    /// What `--trace`, `--print-map` and the like have to say.
    pub stdout: String,
}

/// Links objects and archives, given in command-line order, into a module in memory.
pub fn link<'a>(
    options: &'a WasmOptions,
    inputs: Vec<WasmInput<'a>>,
) -> Result<Linked, Vec<Diagnostic>> {
    let mut bytes = Vec::new();
    let store = FileStore::new();
    let (warnings, stdout) = link_into(options, &store, inputs, |module| {
        // Anything but zeros shows a byte that nobody writes.
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

/// Links into a place that `put` provides once the size is known. Returns the warnings and what
/// the options asked to be printed. Members of thin archives are opened in `store`.
pub fn link_into<'a>(
    options: &'a WasmOptions,
    store: &'a FileStore,
    inputs: Vec<WasmInput<'a>>,
    put: impl FnOnce(&write::Planned<'_, '_, '_>) -> Result<(), Diagnostic>,
) -> Result<(Vec<Diagnostic>, String), Vec<Diagnostic>> {
    let mut problems = options.warnings.clone();
    let keeper = reloc::Keeper::default();
    let loaded = load::load(&inputs, store, &keeper, options)?;
    problems.extend(loaded.warnings);
    let (mut resolved, found) =
        resolve::resolve(options, &keeper, loaded.candidates, &loaded.stubs);
    problems.extend(found);
    problems.extend(report::requests(options, &resolved));
    let (features, found) = features::Features::collect(options, &resolved);
    problems.extend(found);
    // What a file would have defined is missing now, which is nothing to complain about.
    if problems
        .iter()
        .any(|problem| problem.code == Some(load::UNUSABLE))
    {
        return Err(problems);
    }
    // Other mistakes leave tables that can be looked at: the passes that follow report theirs in the
    // same run.
    let mut live = gc::gc(options, &resolved);
    stubs::settle(options, &mut resolved, &mut live);
    problems.extend(features.for_threads(options, &resolved, &live));
    problems.extend(features.for_globals(options, &resolved, &live));
    let (mut stdout, found) = report::text(options, &resolved, &live);
    problems.extend(found);
    if !is_fatal(options, &problems) {
        fold::fold(options, &mut resolved, &mut live);
    }
    let (layout, found) = assign::assign(options, &mut resolved, &mut live, &features);
    problems.extend(found);
    let Some(layout) = layout.filter(|_| !is_fatal(options, &problems)) else {
        return Err(problems);
    };
    let module = module::Module {
        options,
        resolved: &resolved,
        live: &live,
        layout: &layout,
        features: &features,
    };
    let planned = write::plan(&module);
    if let Some(to) = &options.reports.map {
        let found = inputs_report::deliver(to, &map::render(&planned), &mut stdout);
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
