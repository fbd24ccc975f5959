//! The results of the passes together, and the pieces of the output.

use super::memory::OutputSegment;
use super::{Layout, OutputCustom};
use crate::wasm::WasmOptions;
use crate::wasm::features::Features;
use crate::wasm::ids::FunctionRef;
use crate::wasm::live::Live;
use crate::wasm::symbols::Resolved;

/// The results of the passes.
pub struct Module<'s, 'a> {
    /// The command line.
    pub options: &'s WasmOptions,
    /// Symbols and files.
    pub resolved: &'s Resolved<'a>,
    /// What is live.
    pub live: &'s Live,
    /// Addresses, indexes and offsets.
    pub layout: &'s Layout<'a>,
    /// The features that the output uses.
    pub features: &'s Features,
}

/// A piece of the output.
pub enum Piece<'s, 'a> {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The body of a function.
    Body(FunctionRef),
    /// A data segment, by its number.
    Segment(usize, &'s OutputSegment<'a>),
    /// A range of a data segment: the segment's number, the offset in it, and the bytes.
    Chunk(usize, usize, &'s [u8]),
    /// The contents of a custom section.
    Custom(&'s OutputCustom<'a>),
}

impl Module<'_, '_> {
    /// The size of a piece.
    pub fn size(&self, piece: &Piece<'_, '_>) -> usize {
        match piece {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Body(function) => self.layout.body(self.resolved, *function).len(),
            Piece::Segment(_, segment) => segment.size as usize,
            Piece::Chunk(.., bytes) => bytes.len(),
            Piece::Custom(custom) => custom.size as usize,
        }
    }
}

/// A module whose pieces and size are known, and that can be written.
pub struct Planned<'m, 's, 'a> {
    module: &'m Module<'s, 'a>,
    pieces: Vec<(Piece<'s, 'a>, usize)>,
}

impl<'m, 's, 'a> Planned<'m, 's, 'a> {
    /// A module that consists of these pieces, with their sizes.
    pub(crate) fn new(module: &'m Module<'s, 'a>, pieces: Vec<(Piece<'s, 'a>, usize)>) -> Self {
        Self { module, pieces }
    }

    /// The module.
    pub fn module(&self) -> &'m Module<'s, 'a> {
        self.module
    }

    /// The pieces of the output in order, with their sizes.
    pub fn pieces(&self) -> &[(Piece<'s, 'a>, usize)] {
        &self.pieces
    }

    /// The module's size.
    pub fn size(&self) -> usize {
        self.pieces.iter().map(|(_, size)| size).sum()
    }
}
