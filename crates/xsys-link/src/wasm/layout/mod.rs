//! The layout of the output: [`assign`](crate::wasm::assign) makes it, and later passes read it.

pub(crate) mod heads;
pub(crate) mod memory;
pub(crate) mod module;
pub(crate) mod strings;

use std::ops::Range;

use wasmparser::ExternalKind;

use self::memory::{Memory, Part};
use self::strings::MergedStrings;
use crate::wasm::code::shortened::Shortened;
use crate::wasm::debug;
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::index::Indexes;
use crate::wasm::symbols::Resolved;

/// The layout of the output.
#[derive(Debug)]
pub struct Layout<'a> {
    /// Linear memory.
    pub memory: Memory<'a>,
    /// Index spaces.
    pub indexes: Indexes<'a>,
    /// Exports, in order.
    pub exports: Vec<Export<'a>>,
    /// The start function.
    pub start: Option<u32>,
    /// The first slot of the indirect function table that is used.
    pub table_base: u32,
    /// The bodies of functions that the linker makes.
    pub bodies: Vec<Vec<u8>>,
    /// The offset of each body in the code section, in the order of `indexes.functions`.
    pub code_offsets: Vec<u64>,
    /// Bodies of objects with shortest indexes; `None` if they keep padding.
    pub shortened: Option<Shortened>,
    /// The contents of data segments, if runs of zeros are left out.
    pub contents: Vec<Contents>,
    /// Size of the code section's contents.
    pub code_size: u64,
    /// The custom sections that are made of those of files.
    pub customs: Vec<OutputCustom<'a>>,
    /// Where each custom section of each file is in the output.
    pub custom_places: Vec<Vec<Option<CustomPlace>>>,
    /// What is left of debug information.
    pub debug: debug::Pruned<'a>,
    /// `--compat=wasm-ld`: offsets and values are exactly wasm-ld's.
    pub exact: bool,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The name.
    pub name: &'a str,
    /// The kind.
    pub kind: ExternalKind,
    /// The index.
    pub index: u32,
}

/// The contents of a data segment with gaps.
#[derive(Debug, Default)]
pub struct Contents {
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// The ranges that are written.
    pub chunks: Vec<Range<usize>>,
}

/// A custom section of the output.
#[derive(Debug)]
pub struct OutputCustom<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its size.
    pub size: u64,
    /// The parts in order.
    pub parts: Vec<Part>,
    /// The merged strings, if it is a string table.
    pub strings: MergedStrings,
}

/// Where a custom section of a file is in the output.
#[derive(Clone, Copy, Debug)]
pub struct CustomPlace {
    /// Position of the output's section in `customs`.
    pub output: u32,
    /// The offset in it.
    pub offset: u64,
    /// For string tables, the number of this input among the merged ones.
    pub strings: Option<u32>,
}

/// The alignment of coverage records, in bytes.
pub(super) const COVERAGE_ALIGN: usize = 8;

impl<'a> Layout<'a> {
    /// A body before relocations are applied, with its size field.
    pub fn body<'s>(&'s self, resolved: &'s Resolved<'a>, function: FunctionRef) -> &'s [u8] {
        match function {
            FunctionRef::Synthetic(at) => &self.bodies[at as usize],
            FunctionRef::Object(file, at) => match &self.shortened {
                Some(shortened) => shortened.body(file, at),
                None => resolved.file(file).functions[at as usize].bytes,
            },
        }
    }

    /// The offset in the code section of an offset in a live body. The latter counts from behind the size field, as
    /// in objects.
    pub fn code_position(
        &self,
        resolved: &Resolved<'a>,
        function: FunctionRef,
        offset: u64,
    ) -> Option<u64> {
        let start = self.code_start(function)?;
        Some(match (function, &self.shortened) {
            // wasm-ld counts from the size field.
            (FunctionRef::Synthetic(_), _) if self.exact => start.wrapping_add(offset),
            (FunctionRef::Synthetic(_), _) => (start + 1).wrapping_add(offset),
            // And as if bodies had not become shorter.
            (FunctionRef::Object(file, at), Some(shortened)) if !self.exact => {
                let size_len = shortened.size_len(file, at);
                (start + size_len).wrapping_add(shortened.moved(file, at, offset))
            }
            (FunctionRef::Object(file, at), _) => {
                let size_len = resolved.file(file).functions[at as usize].size_len;
                (start + u64::from(size_len)).wrapping_add(offset)
            }
        })
    }

    /// The offset of a live body in the code section.
    pub fn code_start(&self, function: FunctionRef) -> Option<u64> {
        let number = self.indexes.body_position(function)?;
        self.code_offsets.get(number).copied()
    }

    /// Position in `customs` of the section that contains a file's custom section.
    pub fn custom_output(&self, file: FileId, section: u32) -> Option<u32> {
        self.custom_place(file, section).map(|place| place.output)
    }

    fn custom_place(&self, file: FileId, section: u32) -> Option<&CustomPlace> {
        let places = self.custom_places.get(file.0 as usize)?;
        places.get(section as usize)?.as_ref()
    }

    /// The offset in the output of an offset in a file's custom section.
    pub fn custom_offset(&self, file: FileId, section: u32, offset: u64) -> Option<u64> {
        let place = self.custom_place(file, section)?;
        Some(match place.strings {
            None => {
                let offset = self.debug.place(file, section, offset)?;
                place.offset.wrapping_add(offset)
            }
            Some(input) => {
                let strings = &self.customs[place.output as usize].strings;
                strings.place(input as usize, offset)
            }
        })
    }
}
