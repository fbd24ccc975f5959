//! The ELF linker: objects and archives in, an image out.
//!
//! [`link`] is the table of contents. Each pass is a function that borrows the results of the
//! passes before it and returns a new value; what is fixed after each step is said beside it.
//! Section contents stay in the mapped inputs until `write` copies them once.

pub(crate) mod arch;
mod assign;
pub(crate) mod compressed;
mod consts;
mod ids;
mod layout;
pub(crate) mod live;
mod load;
pub(crate) mod names;
pub(crate) mod object;
mod place;
mod relocatable;
mod relocate;
pub(crate) mod reports;
pub(crate) mod sections;
mod symbols;
pub(crate) mod synthetic;
mod write;

use self::names::Map;
use xsys_diag::{Diagnostic, Severity};

use super::input::map::{FileStore, InputFile, ReadFile};
use super::options::ElfOptions;

/// What a link leaves behind besides its output file.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    /// Errors and warnings, in the order in which the passes found them.
    pub diagnostics: Vec<Diagnostic>,
    /// Memory regions and how full they are.
    pub usage: Vec<reports::usage::RegionUsage>,
    /// Why the sections of the image are in it, where that is to be kept.
    pub reasons: Vec<live::reasons::Kept>,
    /// What the options asked to be printed.
    pub stdout: String,
    /// The output file, where a script's OUTPUT names it.
    pub output: Option<std::path::PathBuf>,
    /// The output file is complete.
    pub written: bool,
    /// The files that were read.
    pub read: Vec<ReadFile>,
    /// Where files were looked for before they were found.
    pub missed: Vec<std::path::PathBuf>,
}

/// Links. Problems of one kind are gathered, and the link stops at the next checkpoint.
pub(crate) fn link(options: &ElfOptions) -> Linked {
    let mut linked = Linked::default();
    let store = FileStore::new();
    let archive = options
        .reproduce
        .as_ref()
        .map(|wish| crate::input::reproduce::Archive::create(wish, &options.output));
    match archive {
        None => run(options, &store, &mut linked),
        Some(Err(problem)) => linked.diagnostics.push(problem),
        Some(Ok(archive)) => {
            run(options, &store, &mut linked);
            linked.diagnostics.extend(archive.fill(&store));
        }
    }
    linked.read = store.read_files();
    let lists = options.input.lists.iter().filter_map(|path| {
        let file = InputFile::open(path).ok()?;
        file.as_read()
    });
    linked.read.extend(lists);
    linked.missed = store.missed();
    linked
}

fn run(options: &ElfOptions, store: &FileStore, linked: &mut Linked) {
    let diagnostics = &mut linked.diagnostics;
    diagnostics.extend(reports::report::unsupported(options));
    if failed(diagnostics) {
        return;
    }

    // Scripts are read first: they name inputs, symbols and roots.
    let (mut script, opened) = load::open(options, store, diagnostics);
    // What could not be read would be missed by its users.
    if !failed(diagnostics) {
        reports::script_checks::check(&script, diagnostics);
    }
    let by_script = reports::script_checks::options_set(&script, options);
    if let Some(by_script) = &by_script {
        linked.output = Some(by_script.output.clone());
    }
    let options = by_script.as_ref().unwrap_or(options);
    diagnostics.extend(load::output_among_inputs(&opened, options));
    // Objects are parsed, archives indexed.
    let mut inputs = load::load(&opened, store, diagnostics);
    if failed(diagnostics) {
        return;
    }
    let Some((machine, is_64)) = load::agreement::machine(&inputs, options, diagnostics) else {
        return;
    };
    load::add_runtime(&mut inputs, machine, options, store, diagnostics);
    let link = arch::Link::of(is_64, &options.machine);
    let Some(family) = arch::open(machine, &link) else {
        return diagnostics.push(load::agreement::unsupported(&inputs, machine, is_64));
    };
    // With no script of the user's, a built-in one goes the same way.
    load::complete_script(&mut script, &*family, options, diagnostics);
    let order = load::agreement::byte_order(&inputs, machine);
    reports::script_checks::check_formats(&script, (machine, is_64), order, diagnostics);
    let script_symbols = symbols::script_symbols::ScriptSymbols::gather(&script);

    // Every name gets its definition; after this no file is added.
    let mut resolution = symbols::resolve::resolve(inputs, &script_symbols, options, diagnostics);
    compressed::expand(&mut resolution.files, store, options, diagnostics);
    linked.stdout += &reports::inputs::report(&resolution, store, options, diagnostics);
    reports::script_checks::check_circles(&resolution, &script, &script_symbols, diagnostics);
    let agreed = load::agreement::agree(
        &resolution.files,
        (machine, is_64),
        &*family,
        options,
        diagnostics,
    );
    let Some(abi) = agreed else {
        return;
    };
    let arch = &*abi.arch;
    let relocatable = options.kind.is_object();
    let mut gateways = synthetic::cmse::Gateways::default();
    if !relocatable {
        gateways = synthetic::cmse::find(&mut resolution, arch, store, options, diagnostics);
        symbols::linker_symbols::define(&mut resolution, options);
        symbols::versions::localise(&mut resolution, &script);
    }

    // Sections are numbered, rules matched, unwind records filed under their functions.
    let mut sections = sections::Sections::number(&resolution);
    let matches = sections::matching::match_inputs(&resolution, &sections, &script, diagnostics);
    let frames = sections::frames::gather(&resolution, &sections, diagnostics);
    // What lives is fixed here.
    let live = live::gc::mark(
        &resolution,
        &sections,
        &frames,
        &matches,
        &script_symbols,
        options,
    );
    if options.reports.print_gc_sections {
        linked.stdout += &reports::report::dropped_sections(&resolution, &sections, &live);
    }
    if options.reports.keep_reasons > 0 {
        linked.reasons = live::reasons::all(&live::reasons::Known {
            resolution: &resolution,
            sections: &sections,
            live: &live,
            matches: &matches,
            script_symbols: &script_symbols,
            options,
        });
    }
    for name in &options.reports.why_live {
        linked.stdout += &reports::report::why_live(&resolution, &sections, &live, name);
    }

    // Live relocations say which slots and tables are needed; those become sections.
    let demands = if relocatable {
        synthetic::scan::Demands::default()
    } else {
        synthetic::scan::scan(arch, &resolution, &sections, &live, options, diagnostics)
    };
    synthetic::scan::check_required(&resolution, options, diagnostics);
    if failed(diagnostics) {
        return;
    }
    let mut made = synthetic::synthesise(
        arch,
        &resolution,
        &mut sections,
        synthetic::Needs {
            live: &live,
            frames: &frames,
            demands: &demands,
        },
        abi.attributes,
        options,
    );
    gateways.reserve(&mut sections);
    made.gateways = gateways;

    // Every live section gets its output section; equal strings are merged within them.
    let mut placement = place::place(
        &place::Given {
            arch,
            resolution: &resolution,
            sections: &sections,
            live: &live,
            matches: &matches,
            script: &script,
            script_symbols: &script_symbols,
            options,
        },
        diagnostics,
    );
    diagnostics.append(&mut made.coverage.problems);
    reports::crossrefs::check(&resolution, &sections, &placement, &script, diagnostics);
    let (mut merge, mut merged_ids) = place::merge::merge_sections(
        &resolution,
        &mut sections,
        &mut placement,
        &live,
        &demands,
        options,
    );
    synthetic::eh_frame::map(&made.eh_frame, &sections, &mut merge, &mut merged_ids);
    if failed(diagnostics) {
        return;
    }

    // Addresses, thunks and relaxation, to a fixed point.
    let facts = assign::Facts {
        arch,
        resolution: &resolution,
        script: &script,
        script_symbols: &script_symbols,
        live: &live,
        options,
        merge: &merge,
        merged_ids: &merged_ids,
        commons: &made.commons,
        demands: &demands,
        coverage: &made.coverage,
    };
    let layout = assign::assign(&facts, &mut sections, placement, diagnostics);
    linked.usage = reports::usage::regions(&layout);
    if failed(diagnostics) && !options.no_inhibit_exec {
        return;
    }

    // The file's plan, and the symbols that depend on it.
    let plan = assign::segments::Planner {
        arch,
        layout: &layout,
        sections: &sections,
        script: &script,
        options,
    }
    .plan();
    let none = Map::default();
    let mut addresses = layout::Addresses {
        resolution: &resolution,
        sections: &sections,
        merge: &merge,
        layout: &layout,
        linker: &none,
        merged_ids: &merged_ids,
        commons: &made.commons,
        settled: None,
    };
    let mut linker = layout::linker_values::values(&addresses, &plan);
    made.gateways.values(&addresses, &mut linker);
    addresses.linker = &linker;
    let settled = layout::SettledSymbols::settle(&addresses);
    addresses.settled = Some(&settled);
    reports::report::check_overlaps(&layout, options, diagnostics);
    reports::report::check_address_space(&layout, is_64, diagnostics);
    let entry =
        reports::report::entry_point(&addresses, &script, &script_symbols, options, diagnostics);
    let entry_symbol = options.symbols.entry.as_deref().or(script_symbols.entry);
    let scene = reports::dead::Scene {
        addresses: &addresses,
        script: &script,
        live: &live,
        matches: &matches,
        options,
        entry: entry_symbol.unwrap_or("_start"),
        entry_missing: diagnostics
            .iter()
            .any(|d| d.code == Some("entry-undefined")),
    };
    reports::dead::check(&scene, diagnostics);
    reports::checks::check(
        &addresses,
        &script,
        options,
        arch.vector_table(),
        diagnostics,
    );
    reports::lost::check(&addresses, &script, options, diagnostics);
    diagnostics.extend(reports::machine_memory::check(&layout, &script, options));
    if options.reports.print_stack_usage && !relocatable {
        let scene = reports::stack::Scene {
            addresses,
            arch,
            kind: options.kind,
        };
        linked.stdout += &reports::stack::report(&scene, entry, diagnostics);
    }

    let units = arch.code_units().filter(|_| !relocatable);
    let code =
        units.map(|units| relocate::code_map::CodeMap::gather(&resolution, &sections, units));
    let image = write::Image {
        relocator: relocate::Relocator {
            arch,
            addresses,
            demands: &demands,
            tls: plan
                .find(::object::elf::PT_TLS.0)
                .map(layout::tls::Tls::of)
                .unwrap_or_default(),
            kind: options.kind,
            got: relocate::got_address(&addresses),
            gp: assign::relax::global_pointer(arch, &addresses),
            code: code.as_ref(),
            loads: plan.load_ranges(),
            dead: &options.z.dead_reloc_in_nonalloc,
        },
        frames: &frames,
        made: &made,
        plan: &plan,
        options,
        endian: abi.endian,
        e_flags: abi.e_flags,
        entry,
    };
    if options.reports.fatal_warnings {
        diagnostics.iter_mut().for_each(reports::report::make_fatal);
    }
    if failed(diagnostics) && !options.no_inhibit_exec {
        return;
    }
    linked.written = image.write(diagnostics);
    let library = options.machine.out_implib.as_ref();
    if let Some(path) = library.filter(|_| linked.written) {
        let saved = made
            .gateways
            .save_library(path, arch, &addresses, abi.e_flags);
        diagnostics.extend(saved.err());
    }
    if options.reports.print_memory_usage {
        linked.stdout += &reports::usage::table(&linked.usage);
    }
    reports::report::map_file(&addresses, options, &mut linked.stdout, diagnostics);
}

#[cfg(test)]
pub(crate) use reports::report::unsupported;

fn failed(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
