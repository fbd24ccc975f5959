//! Why each section is in the image, in a form that outlives the link.
//!
//! Problem: a finished image does not say why a function is in it, and the objects that it was made
//! of may be gone by the time somebody asks. Garbage collection knows: each section is a root or was
//! marked by another section. It visits sections in order of their distance from the roots, so these
//! chains are shortest ones.

use object::elf;

use super::gc::{self, Live, Reason};
use crate::elf::ids::FileId;
use crate::elf::ids::SectionId;
use crate::elf::sections::matching::Matches;
use crate::elf::sections::owners;
use crate::elf::sections::{Sections, is_linked};
use crate::elf::symbols::resolve::Resolution;
use crate::elf::symbols::script_symbols::ScriptSymbols;
use crate::options::ElfOptions;
use crate::script::ast::Glob;

/// A section of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name in the object.
    pub section: String,
    /// The object's file, and its name in an archive, without directories.
    pub file: String,
    pub member: Option<String>,
    /// The mangled names of the functions and objects in it.
    pub symbols: Vec<String>,
    pub size: u64,
    pub by: By,
}

/// What a section is kept by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Another section of the list refers to it.
    Section(u32),
    /// It is a root; the text says why.
    Root(String),
}

/// The results of a link that reasons are made from.
pub(crate) struct ReasonContext<'k, 'a> {
    pub resolution: &'k Resolution<'a>,
    pub sections: &'k Sections,
    pub live: &'k Live,
    pub matches: &'k Matches<'k>,
    pub script_symbols: &'k ScriptSymbols<'k>,
    pub options: &'k ElfOptions,
}

/// All sections that are loaded, each with its reason; none if there are more than the caller wants.
pub(crate) fn all(known: &ReasonContext<'_, '_>) -> Vec<Kept> {
    let ids = loaded(known);
    if ids.len() > known.options.reports.keep_reasons {
        return Vec::new();
    }
    let position = |id: SectionId| ids.binary_search(&id).ok();
    let is_live = |id| known.live.contains(id);
    let named = owners::named_places_in(known.resolution, known.sections, is_live);
    ids.iter()
        .filter_map(|&id| {
            let (file, index) = known.sections.origin(id)?;
            let object = &known.resolution.files[file.0 as usize];
            let section = &object.sections[index as usize];
            let symbols: Vec<String> = named
                .get(&id)
                .into_iter()
                .flatten()
                .map(|named| String::from_utf8_lossy(named.name).into_owned())
                .collect();
            let path = object.name.path;
            Some(Kept {
                section: String::from_utf8_lossy(section.name).into_owned(),
                file: path
                    .file_name()
                    .unwrap_or(path.as_os_str())
                    .to_string_lossy()
                    .into_owned(),
                member: object.name.member.map(|member| member.to_string()),
                symbols,
                size: section.size,
                by: by(known, id, &position),
            })
        })
        .collect()
}

fn loaded(known: &ReasonContext<'_, '_>) -> Vec<SectionId> {
    let mut ids = Vec::new();
    for (file, object) in known.resolution.files.iter().enumerate() {
        let file = FileId(file as u32);
        for (index, section) in object.sections.iter().enumerate() {
            let id = known.sections.id(file, index as u32);
            if section.flags & elf::SHF_ALLOC.0 != 0
                && is_linked(section)
                && section.name != b".eh_frame"
                && !known.resolution.is_discarded(file, index as u32)
                && known.live.contains(id)
            {
                ids.push(id);
            }
        }
    }
    ids.sort_unstable();
    ids
}

fn by(
    known: &ReasonContext<'_, '_>,
    id: SectionId,
    position: &dyn Fn(SectionId) -> Option<usize>,
) -> By {
    match known.live.reason(id) {
        _ if !known.options.layout.gc_sections => {
            By::Root("nothing is left out of this link (`--no-gc-sections`)".to_owned())
        }
        Reason::ReferredBy(from) => match position(from) {
            Some(at) => By::Section(at as u32),
            None => By::Root("a section that is not loaded refers to it".to_owned()),
        },
        Reason::Symbol(symbol) => By::Root(symbol_root(
            known,
            &String::from_utf8_lossy(known.resolution.symbol(symbol).name),
        )),
        Reason::Root | Reason::Dead => By::Root(section_root(known, id)),
    }
}

/// Why a symbol is needed.
fn symbol_root(known: &ReasonContext<'_, '_>, name: &str) -> String {
    let options = known.options;
    let shown = crate::elf::names::demangle(name.as_bytes());
    let entry = match &options.symbols.entry {
        Some(entry) => entry.as_str(),
        None => known.script_symbols.entry.unwrap_or("_start"),
    };
    let asked = |list: &[String]| list.iter().any(|other| other == name);
    let by_glob = options
        .symbols
        .undefined_glob
        .iter()
        .any(|glob| Glob::new(glob.as_str()).matches(name.as_bytes()));
    if name == entry {
        format!("the entry is `{shown}`, in")
    } else if asked(&options.symbols.undefined)
        || asked(&options.symbols.require_defined)
        || by_glob
    {
        format!("an option (`-u`) asks for `{shown}`, in")
    } else if options.symbols.export_dynamic || options.symbols.gc_keep_exported {
        format!("exported is `{shown}`, in")
    } else {
        format!("the linker script names `{shown}`, in")
    }
}

/// Why a section is a root.
fn section_root(known: &ReasonContext<'_, '_>, id: SectionId) -> String {
    let section = known.sections.input(known.resolution, id);
    let flags = section.map_or(0, |section| section.flags);
    let sh_type = section.map_or(0, |section| section.sh_type);
    let text = if known.matches.is_kept(id) {
        "KEEP in the linker script holds"
    } else if flags & gc::RETAIN != 0 {
        "the program marks as needed (`#[used]`)"
    } else if sh_type == elf::SHT_NOTE.0 {
        "notes stay, like"
    } else {
        "start code runs through"
    };
    text.to_owned()
}
