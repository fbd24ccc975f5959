//! What goes where in the output: what [`assign`](crate::wasm::assign) finds out and the passes after it ask.

pub(crate) mod heads;
pub(crate) mod memory;
pub(crate) mod module;
pub(crate) mod strings;

use std::ops::Range;

use wasmparser::ExternalKind;

use crate::wasm::debug;
use crate::wasm::index::Indexes;
use self::memory::{Memory, Part};
use self::strings::MergedStrings;
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::symbols::Resolved;
use crate::wasm::code::shortened::Shortened;

/// Everything that has a place.
#[derive(Debug)]
pub struct Layout<'a> {
    /// Linear memory.
    pub memory: Memory<'a>,
    /// Index spaces.
    pub indexes: Indexes<'a>,
    /// Exports, in order.
    pub exports: Vec<Export<'a>>,
    /// The function that runs when the module is instantiated.
    pub start: Option<u32>,
    /// The first slot of the indirect table in use.
    pub table_base: u32,
    /// Bodies that the linker makes, by number of the synthetic function.
    pub bodies: Vec<Vec<u8>>,
    /// Where each body starts in the code section, in the order of `indexes.functions`.
    pub code_offsets: Vec<u64>,
    /// Bodies with shortest numbers; `None` where they keep their padding.
    pub shortened: Option<Shortened>,
    /// The data segments' bytes, where some of them are left out.
    pub contents: Vec<Contents>,
    /// Size of the code section's contents.
    pub code_size: u64,
    /// Custom sections made of the files' own.
    pub customs: Vec<OutputCustom<'a>>,
    /// By file and number of the section.
    pub custom_places: Vec<Vec<Option<CustomPlace>>>,
    /// What stays of debug information.
    pub debug: debug::Pruned<'a>,
    /// As wasm-ld does it (`--compat=wasm-ld`).
    pub exact: bool,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The name outside.
    pub name: &'a str,
    /// What it is.
    pub kind: ExternalKind,
    /// Its number.
    pub index: u32,
}

/// A segment as it is written.
#[derive(Debug, Default)]
pub struct Contents {
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// Which of them are written.
    pub chunks: Vec<Range<usize>>,
}

/// A custom section of the output.
#[derive(Debug)]
pub struct OutputCustom<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its size.
    pub size: u64,
    /// What it consists of.
    pub parts: Vec<Part>,
    /// Its merged strings.
    pub strings: MergedStrings,
}

/// Where a file's custom section went.
#[derive(Clone, Copy, Debug)]
pub struct CustomPlace {
    /// The output's section, by position.
    pub output: u32,
    /// Where it starts in that.
    pub offset: u64,
    /// Number among the inputs of merged strings.
    pub strings: Option<u32>,
}

/// The alignment of records of coverage, in bytes.
pub(super) const COVERAGE_ALIGN: usize = 8;

impl<'a> Layout<'a> {
    /// The bytes of a body before relocation, with its size field.
    pub fn body<'s>(&'s self, resolved: &'s Resolved<'a>, function: FunctionRef) -> &'s [u8] {
        match function {
            FunctionRef::Synthetic(at) => &self.bodies[at as usize],
            FunctionRef::Object(file, at) => match &self.shortened {
                Some(shortened) => shortened.body(file, at),
                None => resolved.file(file).functions[at as usize].bytes,
            },
        }
    }

    /// Where an offset of a live body is in the code section. It counts from the locals, behind
    /// the size field, as the object has them.
    pub fn code_position(
        &self,
        resolved: &Resolved<'a>,
        function: FunctionRef,
        offset: u64,
    ) -> Option<u64> {
        let start = self.code_start(function)?;
        Some(match (function, &self.shortened) {
            // wasm-ld counts from before their size.
            (FunctionRef::Synthetic(_), _) if self.exact => start.wrapping_add(offset),
            (FunctionRef::Synthetic(_), _) => (start + 1).wrapping_add(offset),
            // And as if nothing had become shorter.
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

    /// Where a live body starts in the code section.
    pub fn code_start(&self, function: FunctionRef) -> Option<u64> {
        let number = self.indexes.body_position(function)?;
        self.code_offsets.get(number).copied()
    }

    /// The output's custom section, by position, that a file's went to.
    pub fn custom_output(&self, file: FileId, section: u32) -> Option<u32> {
        self.custom_place(file, section).map(|place| place.output)
    }

    fn custom_place(&self, file: FileId, section: u32) -> Option<&CustomPlace> {
        let places = self.custom_places.get(file.0 as usize)?;
        places.get(section as usize)?.as_ref()
    }

    /// Where an offset of a file's custom section is now.
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
