//! Outputs with relocations: `-r` and `--emit-relocs`.
//!
//! Problem: `-r` joins objects into one, and a later link has to treat that one as it would have treated the others:
//! segments keep names and COMDAT groups, symbols their binding, and relocations refer to the same things.
//! `--emit-relocs` adds the same sections to a module, for tools that change modules (`wasm-split`).
//!
//! The passes are those of every link. With `-r`, they leave out what belongs to modules: the linker's symbols and
//! functions, stack, heap, exports, the start function. Undefined symbols become imports; nothing is dropped,
//! shortened or folded. This directory adds:
//!
//! - [`symtab`]: the output's symbol table;
//! - [`linking`]: the `linking` section;
//! - [`relocs`]: the `reloc.…` sections.
//!
//! Spec: tool-conventions, `Linking.md`. With `--compat=wasm-ld` the bytes are wasm-ld's. Otherwise, what wasm-ld
//! loses is kept: flags of segments (mergeable strings, thread-local, retained), names of exports, features that an
//! object forbids, and, with `--emit-relocs`, references between debug sections. Of two COMDAT groups with one name,
//! one is kept; wasm-ld keeps members of both, although nothing can refer to those of the second.

pub(super) mod linking;
pub(super) mod relocs;
pub(super) mod symtab;

use std::collections::BTreeSet;

use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::layout::heads::{CODE, DATA, Head};
use crate::wasm::layout::memory::Source;
use crate::wasm::layout::module::{Module, Piece};
use crate::wasm::reloc::Relocs;
use symtab::Symtab;

/// Part of an input in the output, with its relocations.
pub(super) struct Moved<'a> {
    file: FileId,
    relocs: Relocs<'a>,
    /// What is added to the offset in the input, wrapping.
    by: u64,
}

/// A section of the output to which relocations were applied.
pub(super) struct Patched<'a> {
    /// Its index in the output.
    number: u32,
    /// Its name in that of the relocation section.
    name: &'a str,
    moved: Vec<Moved<'a>>,
}

/// Names and contents of the `linking` and `reloc.…` sections that describe these pieces.
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

/// The features that the objects forbid; an object made of them forbids them, too. wasm-ld drops them.
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

/// Lists the parts of inputs that the pieces consist of.
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
            // Segments with gaps keep no relocations.
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
                    // The section's header is a piece of its own, which has been counted.
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
