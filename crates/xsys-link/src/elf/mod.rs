//! The ELF linker: objects and archives in, an image out.
//!
//! [`run`] is the table of contents: its phases stand behind it in the same order, and each is a list of passes. A
//! pass is a function that borrows the results of the passes before it and returns a new value; what is fixed after
//! each step is said beside it. Section contents stay in the mapped inputs until `write` copies them once.

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

use std::borrow::Cow;

use xsys_diag::{Diagnostic, Severity};

use self::arch::Arch;
use self::layout::merged::MergedSections;
use self::layout::placement::Placement;
use self::layout::{Addresses, SymbolAddresses};
use self::live::gc::Live;
use self::load::Inputs;
use self::load::agreement::Abi;
use self::load::properties::Properties;
use self::names::Map;
use self::relocate::Relocator;
use self::relocate::code_ranges::CodeRanges;
use self::sections::Sections;
use self::sections::frames::Frames;
use self::sections::matching::Matches;
use self::symbols::resolve::Resolution;
use self::symbols::script_symbols::ScriptSymbols;
use self::synthetic::Synthesised;
use self::synthetic::cmse::Gateways;
use self::synthetic::scan::Demands;
use super::input::map::{FileStore, InputFile, ReadFile};
use super::options::{ElfOptions, OutputKind};
use super::script::ast::Script;

/// The results of a link besides its output file.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    /// Errors and warnings, in the order in which the passes found them.
    pub diagnostics: Vec<Diagnostic>,
    /// Memory regions and how full they are.
    pub usage: Vec<reports::usage::RegionUsage>,
    /// Why the sections of the image are in it, if the caller wants to know.
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

impl Linked {
    /// Problems of one kind are gathered; with errors among them the link ends at the next checkpoint.
    fn checkpoint(&self) -> Option<()> {
        let is_error = |d: &Diagnostic| d.severity == Severity::Error;
        (!self.diagnostics.iter().any(is_error)).then_some(())
    }

    /// From here on there is a layout, which `--noinhibit-exec` writes despite errors.
    fn late_checkpoint(&self, options: &ElfOptions) -> Option<()> {
        match options.no_inhibit_exec {
            true => Some(()),
            false => self.checkpoint(),
        }
    }
}

/// Links.
pub(crate) fn link(options: &ElfOptions) -> Linked {
    let mut linked = Linked::default();
    let store = FileStore::new();
    let archive = options
        .reproduce
        .as_ref()
        .map(|wish| crate::input::reproduce::Archive::create(wish, &options.output));
    match archive {
        Some(Err(problem)) => linked.diagnostics.push(problem),
        archive => {
            // If it ends early, the diagnostics say why.
            let _ = run(options, &store, &mut linked);
            if let Some(Ok(archive)) = archive {
                linked.diagnostics.extend(archive.fill(&store));
            }
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

/// The options and the machine of a link.
struct Task<'o> {
    options: Cow<'o, ElfOptions>,
    script: Script,
    /// `EM_*`, and whether it is one of 64 bits.
    machine: (u16, bool),
    /// The instruction set, before the core is known.
    family: Box<dyn Arch>,
}

/// The results of symbol resolution, for the passes after it.
#[derive(Clone, Copy)]
struct Link<'l, 'a> {
    options: &'l ElfOptions,
    script: &'l Script,
    script_symbols: &'l ScriptSymbols<'l>,
    arch: &'l dyn Arch,
    resolution: &'l Resolution<'a>,
}

/// The live sections, and the results that garbage collection uses.
struct Chosen<'s> {
    matches: Matches<'s>,
    frames: Frames,
    live: Live,
}

/// The phases; `None` if errors end the link before its output is written.
fn run(options: &ElfOptions, store: &FileStore, linked: &mut Linked) -> Option<()> {
    // Scripts and inputs, and the machine that they are for.
    let (task, inputs) = read(options, store, linked)?;
    let script_symbols = ScriptSymbols::gather(&task.script);

    // Every name gets its definition; after this no file is added.
    let (resolution, abi, gateways) = resolve(&task, &script_symbols, inputs, store, linked)?;
    let link = Link {
        options: &task.options,
        script: &task.script,
        script_symbols: &script_symbols,
        arch: &*abi.arch,
        resolution: &resolution,
    };

    // Which sections are live is fixed here.
    let (mut sections, chosen) = choose(link, linked);

    // Live relocations say which slots and tables are needed; those become sections.
    let (demands, mut made) = synthesise(
        link,
        &mut sections,
        &chosen,
        (abi.attributes, abi.properties),
        linked,
    )?;
    gateways.reserve(&mut sections);
    made.gateways = gateways;

    // Every live section gets its output section; equal strings are merged within them.
    let (placement, merge) = place(link, &mut sections, &chosen, &demands, &mut made, linked)?;

    // Addresses, thunks and relaxation, to a fixed point; after this nothing moves.
    let facts = assign::AssignContext {
        arch: link.arch,
        resolution: &resolution,
        script: link.script,
        script_symbols: &script_symbols,
        live: &chosen.live,
        options: link.options,
        merge: &merge,
        commons: &made.commons,
        demands: &demands,
        exidx: &made.exidx,
    };
    let layout = assign::assign(&facts, &mut sections, placement, &mut linked.diagnostics);
    linked.usage = reports::usage::regions(&layout);
    linked.late_checkpoint(link.options)?;

    // The file's plan, and the symbols that depend on it.
    let plan = facts.planner(&layout, &sections).plan();
    let none = Map::default();
    let mut addresses = facts.addresses(&layout, &sections, &none);
    let mut values = layout::linker_values::values(link.options.kind, &addresses, &plan);
    made.gateways.values(&addresses, &mut values);
    addresses.linker = &values;
    let symbol_addresses = SymbolAddresses::compute(&addresses);
    addresses.symbol_addresses = Some(&symbol_addresses);

    // Checks of the finished layout.
    let entry = check(link, &addresses, &chosen, linked);

    // The file, and what is written beside it.
    let units = link.arch.code_units();
    let units = units.filter(|_| link.options.kind.is_image());
    let code = units.map(|units| CodeRanges::gather(&resolution, &sections, units));
    let image = write::Image {
        relocator: Relocator::new(
            link.arch,
            addresses,
            &demands,
            &plan,
            link.options,
            code.as_ref(),
        ),
        frames: &chosen.frames,
        made: &made,
        plan: &plan,
        options: link.options,
        endian: abi.endian,
        e_flags: abi.e_flags,
        entry,
    };
    write(link, &image, linked)
}

/// Scripts come first: they name inputs, symbols and roots. Then objects are parsed, archives indexed.
fn read<'o, 'a>(
    options: &'o ElfOptions,
    store: &'a FileStore,
    linked: &mut Linked,
) -> Option<(Task<'o>, Inputs<'a>)> {
    let unsupported = reports::unsupported::unsupported(options);
    linked.diagnostics.extend(unsupported);
    linked.checkpoint()?;
    let (mut script, opened) = load::open(options, store, &mut linked.diagnostics);
    // Files that could not be read would cause further errors.
    if linked.checkpoint().is_some() {
        reports::script_checks::check(&script, &mut linked.diagnostics);
    }
    let options = match reports::script_checks::options_set(&script, options) {
        Some(by_script) => {
            linked.output = Some(by_script.output.clone());
            Cow::Owned(by_script)
        }
        None => Cow::Borrowed(options),
    };
    let overwritten = load::output_among_inputs(&opened, &options);
    linked.diagnostics.extend(overwritten);
    let mut inputs = load::load(&opened, store, &mut linked.diagnostics);
    linked.checkpoint()?;
    let options = with_kind(options, &inputs);

    let diagnostics = &mut linked.diagnostics;
    let (number, is_64) = load::agreement::machine(&inputs, &options, diagnostics)?;
    load::add_runtime(&mut inputs, number, &options, store, diagnostics);
    let Some(family) = arch::open(number, &arch::Link::of(is_64, &options.machine)) else {
        diagnostics.push(load::agreement::unsupported(&inputs, number, is_64));
        return None;
    };
    // With no script of the user's, a built-in one goes the same way.
    load::complete_script(&mut script, &*family, &options, diagnostics);
    let machine = (number, is_64);
    let order = load::agreement::byte_order(&inputs, number);
    reports::script_checks::check_formats(&script, machine, order, diagnostics);
    let task = Task {
        options,
        script,
        machine,
        family,
    };
    Some((task, inputs))
}

/// Shared libraries among the inputs make an executable one that a dynamic linker completes.
fn with_kind<'o>(mut options: Cow<'o, ElfOptions>, inputs: &Inputs<'_>) -> Cow<'o, ElfOptions> {
    let mut inputs = inputs.list.iter();
    let kind = match options.kind {
        OutputKind::Static => OutputKind::DynamicExec,
        OutputKind::StaticPie => OutputKind::DynamicPie,
        _ => return options,
    };
    if inputs.any(|input| matches!(input, load::Input::Shared(_))) {
        options.to_mut().kind = kind;
    }
    options
}

/// Names and their definitions; then whether all inputs fit together.
fn resolve<'a>(
    task: &'a Task<'_>,
    script_symbols: &ScriptSymbols<'a>,
    inputs: Inputs<'a>,
    store: &'a FileStore,
    linked: &mut Linked,
) -> Option<(Resolution<'a>, Abi, Gateways)> {
    let (options, script) = (&*task.options, &task.script);
    let diagnostics = &mut linked.diagnostics;
    let mut resolution = symbols::resolve::resolve(inputs, script_symbols, options, diagnostics);
    compressed::expand(&mut resolution.files, store, options, diagnostics);
    linked.stdout += &reports::inputs::report(&resolution, store, options, diagnostics);
    reports::script_checks::check_circles(&resolution, script, script_symbols, diagnostics);
    load::agreement::check_libraries(&resolution.shared, task.machine, diagnostics);
    let (files, family) = (&resolution.files, &*task.family);
    let abi = load::agreement::agree(files, task.machine, family, options, diagnostics)?;
    let mut gateways = Gateways::default();
    if options.kind.is_image() {
        let arch = &*abi.arch;
        gateways = synthetic::cmse::find(&mut resolution, arch, store, options, diagnostics);
        symbols::linker_symbols::define(&mut resolution, options);
        symbols::versions::assign(&mut resolution, script);
        symbols::exports::decide(&mut resolution, script, options);
    }
    Some((resolution, abi, gateways))
}

/// Sections are numbered, rules matched, unwind records assigned to their functions; then garbage is collected.
fn choose<'l>(link: Link<'l, '_>, linked: &mut Linked) -> (Sections, Chosen<'l>) {
    let (resolution, options) = (link.resolution, link.options);
    let diagnostics = &mut linked.diagnostics;
    let sections = Sections::number(resolution);
    let matches = sections::matching::match_inputs(resolution, &sections, link.script, diagnostics);
    let frames = sections::frames::gather(resolution, &sections, diagnostics);
    let live = live::gc::mark(
        resolution,
        &sections,
        &frames,
        &matches,
        link.script_symbols,
        options,
    );
    if options.reports.print_gc_sections {
        linked.stdout += &reports::garbage::dropped_sections(resolution, &sections, &live);
    }
    if options.reports.keep_reasons > 0 {
        linked.reasons = live::reasons::all(&live::reasons::ReasonContext {
            resolution,
            sections: &sections,
            live: &live,
            matches: &matches,
            script_symbols: link.script_symbols,
            options,
        });
    }
    for name in &options.reports.why_live {
        linked.stdout += &reports::garbage::why_live(resolution, &sections, &live, name);
    }
    let chosen = Chosen {
        matches,
        frames,
        live,
    };
    (sections, chosen)
}

/// The synthetic sections: those that live relocations need, and those of every image of this kind.
fn synthesise(
    link: Link<'_, '_>,
    sections: &mut Sections,
    chosen: &Chosen<'_>,
    notes: (Option<(String, Vec<u8>)>, Properties),
    linked: &mut Linked,
) -> Option<(Demands, Synthesised)> {
    let (arch, resolution, options) = (link.arch, link.resolution, link.options);
    let (live, frames) = (&chosen.live, &chosen.frames);
    let diagnostics = &mut linked.diagnostics;
    let demands = match options.kind.is_object() {
        true => Demands::default(),
        false => synthetic::scan::scan(arch, resolution, sections, live, options, diagnostics),
    };
    synthetic::scan::check_required(resolution, options, diagnostics);
    linked.checkpoint()?;
    let needs = synthetic::SynthesisContext {
        live,
        frames,
        demands: &demands,
        script: link.script,
    };
    let made = synthetic::synthesise(arch, resolution, sections, needs, notes, options);
    Some((demands, made))
}

/// Output sections with their contents, and where merged strings went.
fn place<'l, 'a>(
    link: Link<'l, 'a>,
    sections: &mut Sections,
    chosen: &Chosen<'l>,
    demands: &Demands,
    made: &mut Synthesised,
    linked: &mut Linked,
) -> Option<(Placement<'l>, MergedSections<'a>)> {
    let (resolution, live) = (link.resolution, &chosen.live);
    let diagnostics = &mut linked.diagnostics;
    let given = place::PlaceContext {
        arch: link.arch,
        resolution,
        sections,
        live,
        matches: &chosen.matches,
        script: link.script,
        script_symbols: link.script_symbols,
        options: link.options,
    };
    let mut placement = place::place(&given, diagnostics);
    diagnostics.append(&mut made.exidx.problems);
    reports::no_cross_refs::check(resolution, sections, &placement, link.script, diagnostics);
    let mut merge = place::merge::merge_sections(
        resolution,
        sections,
        &mut placement,
        live,
        demands,
        link.options,
    );
    synthetic::eh_frame::map(&made.eh_frame, sections, &mut merge);
    linked.checkpoint()?;
    Some((placement, merge))
}

/// Checks of the finished layout; where the program starts.
fn check(
    link: Link<'_, '_>,
    addresses: &Addresses<'_, '_>,
    chosen: &Chosen<'_>,
    linked: &mut Linked,
) -> u64 {
    let (options, script, layout) = (link.options, link.script, addresses.layout);
    let diagnostics = &mut linked.diagnostics;
    reports::checks::overlaps(layout, options, diagnostics);
    reports::checks::address_space(layout, link.arch.is_64(), diagnostics);
    if options.kind.is_object() {
        return 0;
    }
    let name = layout::entry::name(options, link.script_symbols);
    let entry = layout::entry::address(addresses, name);
    if entry.is_none() {
        diagnostics.push(reports::entry::undefined(
            link.resolution,
            script,
            options,
            name,
        ));
        let scene = reports::dead::DeadContext {
            addresses,
            script,
            live: &chosen.live,
            matches: &chosen.matches,
            options,
            entry: name,
        };
        reports::dead::check(&scene, diagnostics);
    }
    let entry = entry.unwrap_or(0);
    let vectors = link.arch.vector_table();
    reports::board_checks::check(addresses, script, vectors, diagnostics);
    reports::lost::check(addresses, script, diagnostics);
    diagnostics.extend(reports::machine_memory::check(layout, script, options));
    if options.reports.print_stack_usage {
        let scene = reports::stack::StackContext {
            addresses: *addresses,
            arch: link.arch,
            kind: options.kind,
        };
        linked.stdout += &reports::stack::report(&scene, entry, diagnostics);
    }
    entry
}

/// Writes the image, and what the options want beside it.
fn write(link: Link<'_, '_>, image: &write::Image<'_, '_>, linked: &mut Linked) -> Option<()> {
    let (options, addresses) = (link.options, &image.relocator.addresses);
    if options.reports.fatal_warnings {
        linked.diagnostics.iter_mut().for_each(reports::make_fatal);
    }
    linked.late_checkpoint(options)?;
    linked.written = image.write(&mut linked.diagnostics);
    if let Some(path) = &options.machine.out_implib
        && linked.written
    {
        let gateways = &image.made.gateways;
        let saved = gateways.save_library(path, link.arch, addresses, image.e_flags);
        linked.diagnostics.extend(saved.err());
    }
    if options.reports.print_memory_usage {
        linked.stdout += &reports::usage::table(&linked.usage);
    }
    let (stdout, diagnostics) = (&mut linked.stdout, &mut linked.diagnostics);
    reports::map::write(addresses, link.script, options, stdout, diagnostics);
    Some(())
}

#[cfg(test)]
pub(crate) use reports::unsupported::unsupported;
