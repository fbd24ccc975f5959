//! Outputs that keep relocations: `-r` and `--emit-relocs`.
//!
//! Problem: `-r` makes one object out of many, which a later link must understand as it would have
//! understood the many: segments keep their names and groups, symbols their binding, and a
//! relocation that named a symbol of an input names the same thing in the output. `--emit-relocs`
//! adds the same sections to a finished module, for tools that take modules apart (`wasm-split`).
//!
//! Both go through the pass list of every link. `-r` leaves out what belongs to programs: symbols
//! and functions of the linker, stack, heap, exports, the start function; undefined names become
//! imports; nothing is dropped, shortened or folded. What is added is here:
//!
//! - [`symtab`]: the output's symbols and their numbers;
//! - [`linking`]: the `linking` section;
//! - [`relocs`]: the `reloc.…` sections.
//!
//! Spec: tool-conventions, `Linking.md`. With `--compat=wasm-ld` the bytes are wasm-ld's. Without,
//! what wasm-ld loses is kept: flags of segments (strings that may be merged, thread-local,
//! retained), names given by `export_name`, features that an object forbids, and, with
//! `--emit-relocs`, references among debug sections; and a COMDAT group that is there twice is
//! joined once, where wasm-ld keeps the second's members, too, which nothing can reach.

pub(super) mod linking;
pub(super) mod relocs;
pub(super) mod symtab;

use std::collections::BTreeSet;

use crate::wasm::layout::heads::{CODE, DATA, Head};
use crate::wasm::layout::memory::Source;
use crate::wasm::layout::module::{Module, Piece};
use crate::wasm::reloc::Relocs;
use crate::wasm::ids::{FileId, FunctionRef};
use symtab::Symtab;

/// Bytes of an input in the output, with the relocations that belong to them.
pub(super) struct Moved<'a> {
    file: FileId,
    relocs: Relocs<'a>,
    /// What is added to an input's offset, wrapping.
    by: u64,
}

/// A section of the output whose fields were filled in.
pub(super) struct Patched<'a> {
    /// Its number in the output.
    number: u32,
    /// Its name for the relocation section.
    name: &'a str,
    moved: Vec<Moved<'a>>,
}

/// Names and contents of the sections that describe what the pieces so far consist of.
pub(super) fn sections<'a>(
    module: &Module<'_, 'a>,
    pieces: &[Piece<'_, 'a>],
    size: impl Fn(&Piece<'_, 'a>) -> usize,
) -> Vec<(String, Vec<u8>)> {
    let patched = patched(module, pieces, size);
    let customs = patched.iter().filter(|section| section.is_custom());
    let customs: Vec<u32> = customs.map(|section| section.number).collect();
    let symtab = Symtab::build(module, &customs);
    let mut sections = vec![("linking".to_owned(), linking::section(module, &symtab))];
    for section in &patched {
        if let Some(contents) = relocs::section(module, &symtab, section) {
            sections.push((format!("reloc.{}", section.name), contents));
        }
    }
    sections
}

/// Features that no program may use which an object is linked into: the object made of it says so
/// too. wasm-ld forgets them.
pub(super) fn forbidden_features<'a>(module: &Module<'_, 'a>) -> BTreeSet<&'a str> {
    if !module.options.relocatable || module.options.shrink.compat {
        return BTreeSet::new();
    }
    let features = module.resolved.files.iter().flat_map(|file| &file.features);
    let forbidden = features.filter(|(prefix, _)| *prefix == b'-');
    forbidden.map(|&(_, name)| name).collect()
}

impl Patched<'_> {
    fn is_custom(&self) -> bool {
        !matches!(self.name, "CODE" | "DATA")
    }
}

/// Walks over the pieces of the output and notes what came from inputs.
fn patched<'a>(
    module: &Module<'_, 'a>,
    pieces: &[Piece<'_, 'a>],
    size: impl Fn(&Piece<'_, 'a>) -> usize,
) -> Vec<Patched<'a>> {
    let resolved = module.resolved;
    let mut found: Vec<Patched<'a>> = Vec::new();
    let (mut at, mut end, mut contents) = (0u64, 0u64, 0u64);
    let mut count = 0;
    for piece in pieces {
        let from_input = |file, relocs, input: u64, output: u64| Moved {
            file,
            relocs,
            by: output.wrapping_sub(input),
        };
        let inside = at.saturating_sub(contents);
        match piece {
            Piece::Bytes(bytes) => {
                if at >= end
                    && let Some(head) = Head::read(bytes)
                {
                    contents = at + head.len;
                    end = contents + head.size;
                    let name = match head.id {
                        CODE => "CODE",
                        DATA => "DATA",
                        _ => "",
                    };
                    if !name.is_empty() {
                        found.push(Patched {
                            number: count,
                            name,
                            moved: Vec::new(),
                        });
                    }
                    count += 1;
                }
            }
            Piece::Body(FunctionRef::Object(file, item)) => {
                let function = &resolved.file(*file).functions[*item as usize];
                let moved = from_input(*file, function.relocs, u64::from(function.offset), inside);
                if let Some(section) = found.last_mut() {
                    section.moved.push(moved);
                }
            }
            // Segments with gaps have no relocations left.
            Piece::Body(FunctionRef::Synthetic(_)) | Piece::Chunk(..) => {}
            Piece::Segment(_, whole) => {
                for part in &whole.parts {
                    let Source::Input(file, item) = part.source else {
                        continue;
                    };
                    let segment = &resolved.file(file).segments[item as usize];
                    let input = u64::from(segment.offset);
                    let moved = from_input(file, segment.relocs, input, inside + part.offset);
                    if let Some(section) = found.last_mut() {
                        section.moved.push(moved);
                    }
                }
            }
            Piece::Custom(whole) => {
                let mut section = Patched {
                    // The header has been counted already.
                    number: count - 1,
                    name: whole.name,
                    moved: Vec::new(),
                };
                for part in &whole.parts {
                    if let Source::Input(file, item) = part.source {
                        let relocs = resolved.file(file).customs[item as usize].relocs;
                        section.moved.push(from_input(file, relocs, 0, part.offset));
                    }
                }
                found.push(section);
            }
        }
        at += size(piece) as u64;
    }
    found
}
