//! Debug information without what it says about code that is not there.
//!
//! Spec: DWARF 2 to 5; WebAssembly tool-conventions, `Debugging.md` and `Dwarf.md`.
//!
//! Rust's debug builds consist of debug information for the greater part, and much of it is about
//! functions that were dropped, types that only those use, and the same strings in each object. A
//! linker that copies these sections has to read and write all of it. Here each object's entries
//! are walked once ([`tree`]), what live code needs is marked ([`mark`]), and what is left is
//! described as spans of the input with new values for the references in between ([`keep`],
//! [`line`](mod@line), [`lists`]); names are gathered in a pool that has each once ([`pool`]). Writing then
//! copies spans ([`relocate::debug`](crate::wasm::relocate::debug)).
//!
//! Objects do not refer to each other's entries (a type's own unit aside, which is kept), so each
//! is handled by itself, in parallel. An object with anything that is not understood keeps its
//! debug information as it is.
//!
//! Where code has become shorter ([`crate::wasm::relocate::shorten`]), offsets within functions have changed. Fields
//! with relocations follow by themselves; distances (lengths of functions, lists that count from a
//! start) get new values, and line-number programs are written anew.
//!
//! `.debug_names`, `.debug_pubnames`, `.debug_aranges` and the like are dropped: they are indexes
//! that debuggers make themselves where there are none, and a stale one would be worse.

mod abbrev;
mod constants;
mod cursor;
mod expression;
mod gather;
mod keep;
mod layout;
mod line;
mod lists;
mod mark;
mod pool;
mod rank;
mod spans;
mod step;
mod targets;
mod tree;
mod unit;

use std::cell::Cell;

use rayon::prelude::*;
use xsys_diag::Diagnostic;

use self::gather::{Field, Lists};
use self::keep::Reference;
pub(super) use self::pool::Shard;
use self::pool::{Pool, Wanted};
use self::spans::Spans;
use self::step::Width;
use self::targets::{Fields, FileView, Reloc};
use crate::wasm::WasmOptions;
use crate::wasm::live::Live;
use crate::wasm::code::shortened::Shortened;
use crate::wasm::leb;
use crate::wasm::load;
use crate::wasm::object::{ObjectFile, Problem};
use crate::wasm::ids::FileId;
use crate::wasm::symbols::Resolved;
use crate::spare::Spare;

/// A number to put into a place of what is left of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch {
    at: u32,
    width: Width,
    value: u32,
}

/// What becomes of a section.
#[derive(Debug)]
enum Fate {
    /// It is copied.
    Whole,
    /// It is left out.
    Dropped,
    /// Parts of it are copied.
    Cut(Box<Cut>),
    /// Its strings are in the pool.
    Strings,
}

/// What is left of a section.
#[derive(Debug, Default)]
pub struct Cut {
    pub(crate) spans: Spans,
    /// What the spans contain, where that has been copied and brought up to date already; in fields that
    /// refer to strings, these strings' numbers.
    pub(crate) image: Vec<u8>,
    pub(crate) patches: Vec<Patch>,
    /// New bytes: place in what is left, and from where to where in `bytes`.
    pub(crate) fresh: Vec<(u32, u32, u32)>,
    pub(crate) bytes: Vec<u8>,
    /// Where fields are that get a string's place in its pool, for those of the file's sections of
    /// strings that have any.
    pub(crate) texts: Vec<(u32, Vec<u32>)>,
    /// Fields with other relocations.
    pub(crate) others: Vec<Field>,
}

/// What becomes of a file's custom sections; those without an entry are copied.
#[derive(Debug, Default)]
struct FilePlan {
    fates: Vec<Fate>,
    wanted: Vec<Wanted>,
    /// Code has moved and nobody knows how to say so.
    lost: bool,
    /// Why the object cannot be used.
    problem: Option<Problem>,
}

/// What becomes of all debug information. The default: everything is copied.
#[derive(Debug, Default)]
pub struct Pruned<'a> {
    files: Vec<FilePlan>,
    pools: Vec<Pool<'a>>,
}

/// The debug sections of a file with their relocations.
pub(super) struct Sections<'r, 'a> {
    view: FileView<'r, 'a>,
    fields: &'r [Fields],
    /// Whether that is all that they say.
    fits: bool,
    /// Which of them consist of strings.
    pools: Vec<u32>,
    /// How much may still be read of lists, which may overlap.
    budget: Cell<usize>,
}

/// What is found out about a file on the way, in memory that is used again for the next one.
#[derive(Debug, Default)]
struct Room {
    tree: tree::Tree,
    marks: mark::Marks,
    /// Where entries are in what is left.
    places: Vec<u32>,
    lists: Lists,
}

/// Sections of strings.
const POOLS: [&str; 2] = [".debug_str", ".debug_line_str"];

/// Whether debug information is written.
pub(super) fn is_written(options: &WasmOptions, resolved: &Resolved<'_>) -> bool {
    let debug = |object: &ObjectFile<'_>| {
        let mut customs = object.customs.iter();
        customs.any(|custom| custom.name.starts_with(".debug_"))
    };
    !options.strip_debug && !options.strip_all && resolved.files.iter().any(debug)
}

/// Decides what stays. `shortened` says where code has moved. Relocations are checked here.
pub(super) fn plan<'a>(
    options: &WasmOptions,
    resolved: &Resolved<'a>,
    live: &Live,
    shortened: Option<&Shortened>,
) -> (Pruned<'a>, Vec<Diagnostic>) {
    if !options.prunes_debug() || !is_written(options, resolved) {
        return (Pruned::default(), Vec::new());
    }
    let ids: Vec<FileId> = resolved.files().map(|(file, _)| file).collect();
    let spare: Spare<(Vec<Fields>, Room)> = Spare::default();
    let files: Vec<FilePlan> = ids
        .into_par_iter()
        .map(|file| {
            let view = FileView::new(resolved, live, shortened, file);
            spare.lend(|(fields, room)| plan_file(view, fields, room))
        })
        .collect();
    let lost = files
        .iter()
        .zip(&resolved.files)
        .filter(|(plan, _)| plan.lost);
    let warnings = lost.map(|(_, object)| lost_debug(&object.name));
    let damaged = files
        .iter()
        .zip(&resolved.files)
        .filter_map(|(plan, object)| Some(load::damaged(&object.name, plan.problem.as_deref()?)));
    let problems = warnings.chain(damaged).collect();
    let pools = POOLS
        .iter()
        .map(|name| pool::build(name, resolved, &files))
        .collect();
    (Pruned { files, pools }, problems)
}

fn lost_debug(name: &str) -> Diagnostic {
    Diagnostic::warning(format!("debug information of `{name}` is left out"))
        .note("its code has become shorter, and it uses forms that cannot be brought up to date")
        .help("link with `--no-compress-relocations` to keep it")
}

impl<'a> Pruned<'a> {
    fn fate(&self, file: FileId, section: u32) -> &Fate {
        let plan = self.files.get(file.0 as usize);
        let fate = plan.and_then(|plan| plan.fates.get(section as usize));
        fate.unwrap_or(&Fate::Whole)
    }

    /// Whether nothing of a custom section stays.
    pub fn drops(&self, file: FileId, section: u32) -> bool {
        matches!(self.fate(file, section), Fate::Dropped)
    }

    /// The size of what is left of a custom section, if anything was taken away.
    pub fn size(&self, file: FileId, section: u32) -> Option<u64> {
        match self.fate(file, section) {
            Fate::Whole => None,
            Fate::Dropped | Fate::Strings => Some(0),
            Fate::Cut(cut) => Some(u64::from(cut.spans.size())),
        }
    }

    /// Where an offset of a custom section is in what is left of it; for strings, in the pool.
    pub fn place(&self, file: FileId, section: u32, offset: u64) -> Option<u64> {
        let narrow = u32::try_from(offset).unwrap_or(u32::MAX);
        match self.fate(file, section) {
            Fate::Whole => Some(offset),
            Fate::Dropped => None,
            Fate::Cut(cut) => Some(u64::from(cut.spans.place(narrow))),
            Fate::Strings => {
                let plan = self.files.get(file.0 as usize)?;
                let wanted = plan.wanted.iter().find(|list| list.section() == section)?;
                wanted.place(narrow)
            }
        }
    }

    /// The strings of an output section, if they are gathered in a pool.
    pub fn pool(&self, name: &str) -> Option<&Pool<'a>> {
        self.pools.iter().find(|pool| pool.name() == name)
    }

    /// A file's strings, for each section of them.
    pub fn wanted(&self, file: FileId) -> &[Wanted] {
        let plan = self.files.get(file.0 as usize);
        plan.map_or(&[], |plan| &plan.wanted)
    }

    /// What is left of a custom section, if it is not the whole.
    pub fn cut(&self, file: FileId, section: u32) -> Option<&Cut> {
        match self.fate(file, section) {
            Fate::Cut(cut) => Some(cut),
            _ => None,
        }
    }
}

impl<'r, 'a> Sections<'r, 'a> {
    fn new(view: FileView<'r, 'a>, fields: &'r mut Vec<Fields>) -> Result<Self, Problem> {
        let count = view.object.customs.len() as u32;
        let is_pool = |&section: &u32| POOLS.contains(&view.name(section));
        let pools: Vec<u32> = (0..count).filter(is_pool).collect();
        let targets = view.targets(&pools);
        let mut fits = true;
        fields.iter_mut().for_each(Fields::clear);
        fields.resize_with(fields.len().max(count as usize), Fields::default);
        for (section, fields) in (0..count).zip(fields.iter_mut()) {
            if view.is_debug(section) {
                fits &= view.fields(section, &targets, fields)?;
            }
        }
        let sizes = (0..count).map(|section| view.data(section).len());
        Ok(Self {
            view,
            fields,
            fits,
            pools,
            budget: Cell::new(16 * sizes.sum::<usize>()),
        })
    }

    /// Lists that are read again and again are an attack.
    fn spend(&self, bytes: usize) -> Option<()> {
        self.budget.set(self.budget.get().checked_sub(bytes)?);
        Some(())
    }

    fn named(&self, name: &'static str) -> impl Iterator<Item = u32> + '_ {
        let count = self.view.object.customs.len() as u32;
        (0..count).filter(move |&at| self.view.name(at) == name && !self.view.discarded(at))
    }

    fn data(&self, section: u32) -> &'a [u8] {
        self.view.data(section)
    }

    /// The relocations of a section but for strings.
    fn relocs(&self, section: u32) -> &[Reloc] {
        let fields = self.fields.get(section as usize);
        fields.map_or(&[], |fields| &fields.others)
    }
}

fn plan_file(view: FileView<'_, '_>, fields: &mut Vec<Fields>, room: &mut Room) -> FilePlan {
    let count = view.object.customs.len() as u32;
    if !(0..count).any(|section| view.is_debug(section)) {
        return FilePlan::default();
    }
    if !view.has_live() {
        return FilePlan::without_debug(view);
    }
    let sections = match Sections::new(view, fields) {
        Ok(sections) => sections,
        Err(problem) => {
            let mut plan = FilePlan::without_debug(view);
            plan.problem = Some(problem);
            return plan;
        }
    };
    let fates = prune(&sections, room);
    if fates.is_none() && view.moves() {
        let mut plan = FilePlan::without_debug(view);
        plan.lost = true;
        return plan;
    }
    let mut plan = FilePlan {
        fates: fates.unwrap_or_else(|| whole(&sections)),
        ..FilePlan::default()
    };
    plan.gather(&sections, &mut room.lists);
    plan
}

/// Nothing is taken away.
fn whole(sections: &Sections<'_, '_>) -> Vec<Fate> {
    let count = sections.view.object.customs.len() as u32;
    (0..count).map(|section| start(sections, section)).collect()
}

/// What becomes of a section if nothing else is found out about it.
fn start(sections: &Sections<'_, '_>, section: u32) -> Fate {
    let name = sections.view.name(section);
    match POOLS.contains(&name) {
        true => Fate::Strings,
        false if is_index(name) => Fate::Dropped,
        false => Fate::Whole,
    }
}

/// Sections that only say where to find something in others.
fn is_index(name: &str) -> bool {
    matches!(
        name,
        ".debug_names"
            | ".debug_aranges"
            | ".debug_pubnames"
            | ".debug_pubtypes"
            | ".debug_gnu_pubnames"
            | ".debug_gnu_pubtypes"
    )
}

/// Finds out what is left of a file's sections. `None` when something is not understood.
fn prune(sections: &Sections<'_, '_>, room: &mut Room) -> Option<Vec<Fate>> {
    if !sections.fits {
        return None;
    }
    let Room {
        tree,
        marks,
        places,
        ..
    } = room;
    tree.read(sections)?;
    marks.find(tree);
    let (infos, needs) = keep::keep(sections, tree, marks, places)?;
    let mut fates = whole(sections);
    for (info, kept) in tree.infos.iter().zip(infos) {
        fates[info.section as usize] = Fate::of(Cut {
            spans: kept.spans,
            image: kept.image,
            ..Cut::default()
        });
    }
    for (section, fate) in (0u32..).zip(&mut fates) {
        let references = &needs.references;
        let from = references.partition_point(|reference| reference.section < section);
        let to = references.partition_point(|reference| reference.section <= section);
        let wanted = &references[from..to];
        *fate = match sections.view.name(section) {
            ".debug_abbrev" => {
                let spans = abbreviations(sections.data(section), wanted)?;
                Fate::cut(spans, Vec::new())
            }
            ".debug_line" => programs(sections, section, wanted)?,
            ".debug_ranges" | ".debug_loc" => old_lists(sections, wanted)?,
            ".debug_str_offsets" | ".debug_addr" | ".debug_rnglists" | ".debug_loclists" => {
                let spans = contributions(sections.data(section), wanted)?;
                let inside = needs.patches.iter().filter(|(at, _)| *at == section);
                let patches = inside.map(|(_, patch)| patch.moved(&spans)).collect();
                Fate::cut(spans, patches)
            }
            // Advances in here count bytes of code.
            ".debug_frame" if sections.view.moves() => Fate::Dropped,
            // Expressions in here can name entries by their offset, which has changed.
            ".debug_macro" | ".debug_macinfo" if !wanted.is_empty() => return None,
            _ => continue,
        };
    }
    Some(fates)
}

fn abbreviations(bytes: &[u8], wanted: &[Reference]) -> Option<Spans> {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    let mut last = None;
    for offset in wanted.iter().map(|reference| reference.offset) {
        if last.replace(offset) != Some(offset) {
            parts.push((offset, abbrev::end(bytes, offset)?));
        }
    }
    Some(Spans::of(parts))
}

fn programs(sections: &Sections<'_, '_>, section: u32, wanted: &[Reference]) -> Option<Fate> {
    let (mut programs, mut patches) = (line::Programs::default(), Vec::new());
    let (mut end, mut previous) = (0, None);
    for reference in wanted {
        // Type units share the program of the unit that they come from.
        if previous.replace(reference.offset) == Some(reference.offset) {
            continue;
        }
        if reference.offset < end {
            return None;
        }
        let start = programs.spans.size();
        end = programs.add(sections, section, reference.offset, reference.address_size)?;
        patches.push(Patch {
            at: start,
            width: Width::Fixed(4),
            value: programs.spans.size() - start - 4,
        });
    }
    Some(Fate::of(Cut {
        spans: programs.spans,
        patches,
        fresh: programs.fresh,
        bytes: programs.bytes,
        ..Cut::default()
    }))
}

/// Lists in the format before DWARF 5.
fn old_lists(sections: &Sections<'_, '_>, wanted: &[Reference]) -> Option<Fate> {
    let width = wanted.first().map_or(4, |first| first.address_size);
    if wanted
        .iter()
        .any(|reference| reference.address_size != width)
    {
        return None;
    }
    let mut last = None;
    let lists = wanted.iter().filter_map(|reference| {
        let again = last.replace(reference.offset) == Some(reference.offset);
        (!again).then_some(lists::List {
            section: reference.section,
            offset: reference.offset,
            origin: reference.origin,
        })
    });
    let mut patches = Vec::new();
    let spans = Spans::of(lists::kept(sections, lists, width, &mut patches)?);
    let patches = patches.iter().map(|patch| patch.moved(&spans)).collect();
    Some(Fate::cut(spans, patches))
}

/// Sections of DWARF 5 that consist of a part for each unit, with its length in front.
fn contributions(bytes: &[u8], wanted: &[Reference]) -> Option<Spans> {
    let mut wanted = wanted.iter().map(|reference| reference.offset).peekable();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let mut cursor = cursor::Cursor::new(bytes, at);
        let length = cursor.u32().filter(|&length| length < 0xffff_fff0)?;
        cursor.skip(length as usize)?;
        let mut needed = false;
        while wanted.peek().is_some_and(|&w| (w as usize) < cursor.pos()) {
            needed |= wanted.next().is_some_and(|w| w as usize >= at);
        }
        // A base may be at the end of a part that has nothing but a header.
        needed |= wanted.peek().is_some_and(|&w| w as usize == cursor.pos());
        if needed {
            parts.push((at as u32, cursor.pos() as u32));
        }
        at = cursor.pos();
    }
    Some(Spans::of(parts))
}

impl Fate {
    fn cut(spans: Spans, patches: Vec<Patch>) -> Self {
        Fate::of(Cut {
            spans,
            patches,
            ..Cut::default()
        })
    }

    fn of(cut: Cut) -> Self {
        match cut.spans.size() {
            0 => Fate::Dropped,
            _ => Fate::Cut(Box::new(cut)),
        }
    }
}

impl Patch {
    /// Puts the number where it belongs.
    pub(crate) fn put(&self, out: &mut [u8]) {
        let at = self.at as usize;
        let width = match self.width {
            Width::Fixed(width) | Width::Padded(width) => usize::from(width),
            Width::Leb => return,
        };
        let Some(place) = out.get_mut(at..at + width) else {
            return;
        };
        match self.width {
            Width::Fixed(4) => place.copy_from_slice(&self.value.to_le_bytes()),
            Width::Fixed(_) => {
                let bytes = u64::from(self.value).to_le_bytes();
                let width = width.min(bytes.len());
                place[..width].copy_from_slice(&bytes[..width]);
            }
            _ => leb::uleb_padded(place, u64::from(self.value)),
        }
    }

    /// The same number, at the place in what is left.
    fn moved(self, spans: &Spans) -> Self {
        Self {
            at: spans.place(self.at),
            ..self
        }
    }
}

impl FilePlan {
    fn without_debug(view: FileView<'_, '_>) -> Self {
        let count = view.object.customs.len() as u32;
        let fate = |section| match view.is_debug(section) {
            true => Fate::Dropped,
            false => Fate::Whole,
        };
        FilePlan {
            fates: (0..count).map(fate).collect(),
            ..FilePlan::default()
        }
    }
}
