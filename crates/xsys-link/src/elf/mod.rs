//! The ELF linker: objects and archives in, an image out.
//!
//! [`link`] is the table of contents. Each pass is a function that borrows the results of the
//! passes before it and returns a new value; what is fixed after each step is said beside it.
//! Section contents stay in the mapped inputs until `write` copies them once.

mod agreement;
pub mod arch;
mod assign;
pub mod attributes;
mod be8;
mod checks;
mod cmse;
pub mod compressed;
mod coverage;
mod crossrefs;
mod cuts;
mod dead;
mod detours;
mod dynamic;
pub mod eh_frame;
pub mod exidx;
mod foreign;
mod formats;
mod frames;
mod gc;
mod hints;
mod inputs_report;
mod layout;
mod linker_symbols;
mod load;
mod lost;
mod machine_memory;
pub mod map;
mod merge;
pub mod object;
mod overflow;
pub mod owners;
mod place;
pub mod reasons;
mod refs;
mod relax;
mod relocatable;
mod relocate;
mod report;
mod resolve;
mod scan;
mod script_checks;
mod script_symbols;
mod sections;
mod segments;
mod size_limit;
mod stack;
mod symtab;
mod synth;
mod thunks;
pub mod usage;
mod versions;
mod wrap;
mod write;

use ::object::Endianness;
use xsys_diag::{Diagnostic, Severity};

use crate::input::map::{FileStore, InputFile, ReadFile};
use crate::options::{ElfOptions, OutputKind};
use crate::output::OutputFile;

/// Keys are numbers and names of files that people link on purpose: speed matters, and a fixed seed
/// makes runs repeatable.
type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::FixedState>;

/// What a link leaves behind besides its output file.
#[derive(Debug, Default)]
pub struct Linked {
    /// Errors and warnings, in the order in which the passes found them.
    pub diagnostics: Vec<Diagnostic>,
    /// Memory regions and how full they are.
    pub usage: Vec<usage::RegionUsage>,
    /// Why the sections of the image are in it, where that is to be kept.
    pub reasons: Vec<reasons::Kept>,
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
pub fn link(options: &ElfOptions) -> Linked {
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
    let lists = options.lists.iter().filter_map(|path| {
        let file = InputFile::open(path).ok()?;
        file.as_read()
    });
    linked.read.extend(lists);
    linked.missed = store.missed();
    linked
}

fn run(options: &ElfOptions, store: &FileStore, linked: &mut Linked) {
    let diagnostics = &mut linked.diagnostics;
    diagnostics.extend(report::unsupported(options));
    if failed(diagnostics) {
        return;
    }

    // Scripts are read first: they name inputs, symbols and roots.
    let (mut script, opened) = load::open(options, store, diagnostics);
    // What could not be read would be missed by its users.
    if !failed(diagnostics) {
        script_checks::check(&script, diagnostics);
    }
    let by_script = script_checks::options_set(&script, options);
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
    let Some((machine, is_64)) = agreement::machine(&inputs, options, diagnostics) else {
        return;
    };
    load::add_runtime(&mut inputs, machine, options, store, diagnostics);
    let Some(family) = arch::find(machine, is_64, None, 0, Endianness::Little, options) else {
        return diagnostics.push(agreement::unsupported(&inputs, machine, is_64));
    };
    // With no script of the user's, a built-in one goes the same way.
    load::complete_script(&mut script, &*family, options, diagnostics);
    let order = agreement::byte_order(&inputs, machine);
    script_checks::check_formats(&script, (machine, is_64), order, diagnostics);
    let script_symbols = script_symbols::ScriptSymbols::gather(&script);

    // Every name gets its definition; after this no file is added.
    let mut resolution = resolve::resolve(inputs, &script_symbols, options, diagnostics);
    compressed::expand(&mut resolution, store, options, diagnostics);
    linked.stdout += &inputs_report::report(&resolution, store, options, diagnostics);
    script_checks::check_circles(&resolution, &script, &script_symbols, diagnostics);
    let agreed = agreement::agree(
        &resolution,
        (machine, is_64),
        &*family,
        options,
        diagnostics,
    );
    let Some(abi) = agreed else {
        return;
    };
    let arch = &*abi.arch;
    let attributes = abi.attributes.as_ref().map(|(_, bytes)| bytes.as_slice());
    let microcontroller = machine == ::object::elf::EM_ARM.0
        && attributes.is_some_and(attributes::arm_is_microcontroller);
    let relocatable = options.kind == OutputKind::Relocatable;
    let mut gateways = cmse::Gateways::default();
    if !relocatable {
        gateways = cmse::find(&mut resolution, abi.secure, store, options, diagnostics);
        linker_symbols::define(&mut resolution, options);
        versions::localise(&mut resolution, &script);
    }

    // Sections are numbered, rules matched, unwind records filed under their functions.
    let mut sections = sections::Sections::number(&resolution);
    let matches = place::match_inputs(&resolution, &sections, &script, diagnostics);
    let frames = frames::gather(&resolution, &sections, diagnostics);
    // What lives is fixed here.
    let live = gc::mark(
        &resolution,
        &sections,
        &frames,
        &matches,
        &script_symbols,
        options,
    );
    if options.print_gc_sections {
        linked.stdout += &report::dropped_sections(&resolution, &sections, &live);
    }
    if options.keep_reasons > 0 {
        linked.reasons = reasons::all(&reasons::Known {
            resolution: &resolution,
            sections: &sections,
            live: &live,
            matches: &matches,
            script_symbols: &script_symbols,
            options,
        });
    }
    for name in &options.why_live {
        linked.stdout += &report::why_live(&resolution, &sections, &live, name);
    }

    // Live relocations say which slots and tables are needed; those become sections.
    let pic = options.kind == OutputKind::StaticPie;
    let demands = if relocatable {
        scan::Demands::default()
    } else {
        scan::scan(
            arch,
            &resolution,
            &sections,
            &live,
            options,
            pic,
            diagnostics,
        )
    };
    scan::check_required(&resolution, options, diagnostics);
    if failed(diagnostics) {
        return;
    }
    let mut made = synth::synthesise(
        arch,
        &resolution,
        &mut sections,
        synth::Needs {
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
    crossrefs::check(&resolution, &sections, &placement, &script, diagnostics);
    let (mut merge, mut merged_ids) = synth::merge_sections(
        &resolution,
        &mut sections,
        &mut placement,
        &live,
        &demands,
        options,
    );
    synth::map_eh_frame(&made.eh_frame, &sections, &mut merge, &mut merged_ids);
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
    linked.usage = usage::regions(&layout);
    if failed(diagnostics) && !options.no_inhibit_exec {
        return;
    }

    // The file's plan, and the symbols that depend on it.
    let plan = segments::plan(arch, &layout, &script, options);
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
    let mut linker = linker_symbols::values(&addresses, &plan);
    made.gateways.values(&addresses, &mut linker);
    addresses.linker = &linker;
    let settled = layout::SettledSymbols::settle(&addresses);
    addresses.settled = Some(&settled);
    report::check_overlaps(&layout, options, diagnostics);
    report::check_address_space(&layout, is_64, diagnostics);
    let entry = report::entry_point(&addresses, &script, &script_symbols, options, diagnostics);
    let entry_symbol = options.entry.as_deref().or(script_symbols.entry);
    let scene = dead::Scene {
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
    dead::check(&scene, diagnostics);
    checks::check(&addresses, &script, options, microcontroller, diagnostics);
    lost::check(&addresses, &script, options, diagnostics);
    diagnostics.extend(machine_memory::check(&layout, &script, options));
    if options.print_stack_usage && !relocatable {
        let scene = stack::Scene {
            addresses,
            arch,
            pic,
        };
        linked.stdout += &stack::report(&scene, entry, diagnostics);
    }

    let code = abi
        .turned
        .then(|| be8::CodeMap::gather(&resolution, &sections));
    let image = write::Image {
        relocator: relocate::Relocator {
            arch,
            addresses,
            demands: &demands,
            tls: plan
                .find(::object::elf::PT_TLS.0)
                .map(relocate::Tls::of)
                .unwrap_or_default(),
            pic,
            got: relocate::got_address(&addresses),
            gp: relax::global_pointer(arch, &addresses),
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
    if options.fatal_warnings {
        diagnostics.iter_mut().for_each(make_fatal);
    }
    if failed(diagnostics) && !options.no_inhibit_exec {
        return;
    }
    linked.written = image.write(diagnostics);
    if let Some(path) = options.out_implib.as_ref().filter(|_| linked.written) {
        let library = made
            .gateways
            .import_library(&image.relocator.addresses, abi.e_flags);
        let saved = OutputFile::create(path, library.len() as u64).and_then(|mut file| {
            file.bytes_mut().copy_from_slice(&library);
            file.persist(false)
        });
        if let Err(error) = saved {
            diagnostics.push(error.into_diagnostic());
        }
    }
    if options.print_memory_usage {
        linked.stdout += &usage::table(&linked.usage);
    }
    report::map_file(&addresses, options, &mut linked.stdout, diagnostics);
}

#[cfg(test)]
pub(crate) use report::unsupported;

fn failed(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// `--fatal-warnings`
fn make_fatal(diagnostic: &mut Diagnostic) {
    if diagnostic.severity == Severity::Warning {
        diagnostic.severity = Severity::Error;
        diagnostic
            .notes
            .push("it is a warning, which `--fatal-warnings` makes an error".to_owned());
    }
}

/// A symbol's name for people.
pub(crate) fn demangle(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    crate::demangle::readable(&name).into_owned()
}
