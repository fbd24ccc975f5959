//! Debug information without entries for code that was dropped.
//!
//! Spec: DWARF 2 to 5; WebAssembly tool-conventions, `Debugging.md` and `Dwarf.md`.
//!
//! The larger part of a debug build in Rust is debug information, and much of that describes dropped functions, types
//! that only these use, and strings that every object repeats. A linker that copies it has to read and write all of
//! it. Here the entries of each object are read once ([`tree`]), those that live code needs are marked ([`mark`]),
//! and what is kept is described as spans of the input with new values for references between them ([`keep`],
//! [`line`](mod@line), [`lists`]). Strings are collected in a pool that contains each one once ([`pool`]). Writing
//! copies the spans ([`relocate::debug`](crate::wasm::relocate::debug)).
//!
//! Objects do not refer to each other's entries (except for type units, which are kept), so objects are processed
//! independently, in parallel. The debug information of an object that contains anything unknown is kept as it is.
//!
//! If code has become shorter ([`crate::wasm::relocate::shorten`]), offsets within functions have changed. Fields
//! with relocations get new values from these; distances (lengths of functions, entries of lists that count from a
//! start) get new values here, and line-number programs are rewritten.
//!
//! `.debug_names`, `.debug_pubnames`, `.debug_aranges` and the like are dropped: debuggers build such indexes
//! themselves if there are none, and outdated ones would be worse.

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
use crate::spare::Spare;
use crate::wasm::WasmOptions;
use crate::wasm::code::shortened::Shortened;
use crate::wasm::ids::FileId;
use crate::wasm::leb;
use crate::wasm::live::Live;
use crate::wasm::load;
use crate::wasm::object::{ObjectFile, Problem};
use crate::wasm::symbols::Resolved;

/// A new number at an offset of what is kept of a section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch {
    at: u32,
    width: Width,
    value: u32,
}

/// What is done with a section.
#[derive(Debug)]
enum Action {
    /// Copy it.
    Whole,
    /// Leave it out.
    Dropped,
    /// Copy parts of it.
    Cut(Box<Cut>),
    /// Put its strings into the pool.
    Strings,
}

/// What is kept of a section.
#[derive(Debug, Default)]
pub struct Cut {
    pub(crate) spans: Spans,
    /// The contents of the spans, if they have been copied and updated already. Fields that refer to strings contain
    /// the numbers of these.
    pub(crate) image: Vec<u8>,
    pub(crate) patches: Vec<Patch>,
    /// Ranges of `bytes` with their new offsets.
    pub(crate) fresh: Vec<(u32, u32, u32)>,
    pub(crate) bytes: Vec<u8>,
    /// For each string section that is used, the fields that refer to its strings.
    pub(crate) texts: Vec<(u32, Vec<u32>)>,
    /// Other fields with relocations.
    pub(crate) others: Vec<Field>,
}

/// What is done with a file's custom sections. Those without an entry are copied.
#[derive(Debug, Default)]
struct FilePlan {
    actions: Vec<Action>,
    wanted: Vec<Wanted>,
    /// Whether debug information is lost, because code has moved and it could not be updated.
    lost: bool,
    /// Why the object cannot be linked.
    problem: Option<Problem>,
}

/// What is done with debug information. By default everything is copied.
#[derive(Debug, Default)]
pub struct Pruned<'a> {
    files: Vec<FilePlan>,
    pools: Vec<Pool<'a>>,
}

/// The debug sections of a file with their relocations.
pub(super) struct Sections<'r, 'a> {
    view: FileView<'r, 'a>,
    fields: &'r [Fields],
    /// Whether all relocations could be represented.
    fits: bool,
    /// The string sections.
    pools: Vec<u32>,
    /// How many bytes of lists may still be read. Lists may overlap.
    budget: Cell<usize>,
}

/// Buffers for one file, which are used again for the next.
#[derive(Debug, Default)]
struct Buffers {
    tree: tree::Tree,
    marks: mark::Marks,
    /// The new offset of each entry.
    places: Vec<u32>,
    lists: Lists,
}

/// The string sections.
const POOLS: [&str; 2] = [".debug_str", ".debug_line_str"];

/// Whether debug information is written.
pub(super) fn is_written(options: &WasmOptions, resolved: &Resolved<'_>) -> bool {
    let debug = |object: &ObjectFile<'_>| {
        let mut customs = object.customs.iter();
        customs.any(|custom| custom.name.starts_with(".debug_"))
    };
    !options.strip_debug && !options.strip_all && resolved.files.iter().any(debug)
}

/// Decides what is kept. `shortened` says where code has moved. This also checks relocations.
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
    let spare: Spare<(Vec<Fields>, Buffers)> = Spare::default();
    let files: Vec<FilePlan> = ids
        .into_par_iter()
        .map(|file| {
            let view = FileView::new(resolved, live, shortened, file);
            spare.lend(|(fields, buffers)| plan_file(view, fields, buffers))
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
        .note("its code has become shorter, and it uses forms that cannot be updated")
        .help("link with `--no-compress-relocations` to keep it")
}

impl<'a> Pruned<'a> {
    fn action(&self, file: FileId, section: u32) -> &Action {
        let plan = self.files.get(file.0 as usize);
        let action = plan.and_then(|plan| plan.actions.get(section as usize));
        action.unwrap_or(&Action::Whole)
    }

    /// Whether a custom section is dropped.
    pub fn drops(&self, file: FileId, section: u32) -> bool {
        matches!(self.action(file, section), Action::Dropped)
    }

    /// The size of what is kept of a custom section; `None` if it is copied.
    pub fn size(&self, file: FileId, section: u32) -> Option<u64> {
        match self.action(file, section) {
            Action::Whole => None,
            Action::Dropped | Action::Strings => Some(0),
            Action::Cut(cut) => Some(u64::from(cut.spans.size())),
        }
    }

    /// The new offset of an offset in a custom section; for strings, the offset in the pool.
    pub fn place(&self, file: FileId, section: u32, offset: u64) -> Option<u64> {
        let narrow = u32::try_from(offset).unwrap_or(u32::MAX);
        match self.action(file, section) {
            Action::Whole => Some(offset),
            Action::Dropped => None,
            Action::Cut(cut) => Some(u64::from(cut.spans.place(narrow))),
            Action::Strings => {
                let plan = self.files.get(file.0 as usize)?;
                let wanted = plan.wanted.iter().find(|list| list.section() == section)?;
                wanted.place(narrow)
            }
        }
    }

    /// The pool with the strings of an output section, if there is one.
    pub fn pool(&self, name: &str) -> Option<&Pool<'a>> {
        self.pools.iter().find(|pool| pool.name() == name)
    }

    /// The strings that a file uses, for each string section.
    pub fn wanted(&self, file: FileId) -> &[Wanted] {
        let plan = self.files.get(file.0 as usize);
        plan.map_or(&[], |plan| &plan.wanted)
    }

    /// What is kept of a custom section; `None` if it is copied or dropped.
    pub fn cut(&self, file: FileId, section: u32) -> Option<&Cut> {
        match self.action(file, section) {
            Action::Cut(cut) => Some(cut),
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

    /// Counts bytes of lists that are read. Only hostile files make the linker read lists many times.
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

    /// The relocations of a section, but for those that refer to strings.
    fn relocs(&self, section: u32) -> &[Reloc] {
        let fields = self.fields.get(section as usize);
        fields.map_or(&[], |fields| &fields.others)
    }
}

fn plan_file(view: FileView<'_, '_>, fields: &mut Vec<Fields>, buffers: &mut Buffers) -> FilePlan {
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
    let actions = prune(&sections, buffers);
    if actions.is_none() && view.moves() {
        let mut plan = FilePlan::without_debug(view);
        plan.lost = true;
        return plan;
    }
    let mut plan = FilePlan {
        actions: actions.unwrap_or_else(|| whole(&sections)),
        ..FilePlan::default()
    };
    plan.gather(&sections, &mut buffers.lists);
    plan
}

/// What is done if nothing is pruned.
fn whole(sections: &Sections<'_, '_>) -> Vec<Action> {
    let count = sections.view.object.customs.len() as u32;
    (0..count).map(|section| start(sections, section)).collect()
}

/// What is done with a section by default.
fn start(sections: &Sections<'_, '_>, section: u32) -> Action {
    let name = sections.view.name(section);
    match POOLS.contains(&name) {
        true => Action::Strings,
        false if is_index(name) => Action::Dropped,
        false => Action::Whole,
    }
}

/// Sections that are indexes of others.
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

/// Finds out what is kept of a file's sections. `None` if something is unknown.
fn prune(sections: &Sections<'_, '_>, buffers: &mut Buffers) -> Option<Vec<Action>> {
    if !sections.fits {
        return None;
    }
    let Buffers {
        tree,
        marks,
        places,
        ..
    } = buffers;
    tree.read(sections)?;
    marks.find(tree);
    let (infos, needs) = keep::keep(sections, tree, marks, places)?;
    let mut actions = whole(sections);
    for (info, kept) in tree.infos.iter().zip(infos) {
        actions[info.section as usize] = Action::of(Cut {
            spans: kept.spans,
            image: kept.image,
            ..Cut::default()
        });
    }
    for (section, action) in (0u32..).zip(&mut actions) {
        let references = &needs.references;
        let from = references.partition_point(|reference| reference.section < section);
        let to = references.partition_point(|reference| reference.section <= section);
        let wanted = &references[from..to];
        *action = match sections.view.name(section) {
            ".debug_abbrev" => {
                let spans = abbreviations(sections.data(section), wanted)?;
                Action::cut(spans, Vec::new())
            }
            ".debug_line" => programs(sections, section, wanted)?,
            ".debug_ranges" | ".debug_loc" => old_lists(sections, wanted)?,
            ".debug_str_offsets" | ".debug_addr" | ".debug_rnglists" | ".debug_loclists" => {
                let spans = contributions(sections.data(section), wanted)?;
                let inside = needs.patches.iter().filter(|(at, _)| *at == section);
                let patches = inside.map(|(_, patch)| patch.moved(&spans)).collect();
                Action::cut(spans, patches)
            }
            // This contains advances in bytes of code.
            ".debug_frame" if sections.view.moves() => Action::Dropped,
            // Expressions in here may refer to entries by offset, which has changed.
            ".debug_macro" | ".debug_macinfo" if !wanted.is_empty() => return None,
            _ => continue,
        };
    }
    Some(actions)
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

fn programs(sections: &Sections<'_, '_>, section: u32, wanted: &[Reference]) -> Option<Action> {
    let (mut programs, mut patches) = (line::Programs::default(), Vec::new());
    let (mut end, mut previous) = (0, None);
    for reference in wanted {
        // Type units use the same program as the unit that they belong to.
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
    Some(Action::of(Cut {
        spans: programs.spans,
        patches,
        fresh: programs.fresh,
        bytes: programs.bytes,
        ..Cut::default()
    }))
}

/// What is kept of lists in the format before DWARF 5.
fn old_lists(sections: &Sections<'_, '_>, wanted: &[Reference]) -> Option<Action> {
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
    Some(Action::cut(spans, patches))
}

/// What is kept of sections of DWARF 5 that consist of a contribution for each unit, with its length first.
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
        // A base may be at the end of a contribution that is only a header.
        needed |= wanted.peek().is_some_and(|&w| w as usize == cursor.pos());
        if needed {
            parts.push((at as u32, cursor.pos() as u32));
        }
        at = cursor.pos();
    }
    Some(Spans::of(parts))
}

impl Action {
    fn cut(spans: Spans, patches: Vec<Patch>) -> Self {
        Action::of(Cut {
            spans,
            patches,
            ..Cut::default()
        })
    }

    fn of(cut: Cut) -> Self {
        match cut.spans.size() {
            0 => Action::Dropped,
            _ => Action::Cut(Box::new(cut)),
        }
    }
}

impl Patch {
    /// Writes the number.
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

    /// The same number at its new offset.
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
        let action = |section| match view.is_debug(section) {
            true => Action::Dropped,
            false => Action::Whole,
        };
        FilePlan {
            actions: (0..count).map(action).collect(),
            ..FilePlan::default()
        }
    }
}
