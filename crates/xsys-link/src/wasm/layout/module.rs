//! What the passes have found out of a module, and of which pieces its file can consist.

use crate::wasm::WasmOptions;
use crate::wasm::features::Features;
use crate::wasm::live::Live;
use super::{Layout, OutputCustom};
use super::memory::OutputSegment;
use crate::wasm::ids::FunctionRef;
use crate::wasm::symbols::Resolved;

/// What the passes have found out.
pub struct Module<'s, 'a> {
    /// The command line.
    pub options: &'s WasmOptions,
    /// Names and files.
    pub resolved: &'s Resolved<'a>,
    /// What stays.
    pub live: &'s Live,
    /// All numbers.
    pub layout: &'s Layout<'a>,
    /// The proposals in use.
    pub features: &'s Features,
}

/// What goes into a piece of the output.
pub enum Piece<'s, 'a> {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A function body.
    Body(FunctionRef),
    /// A data segment.
    Segment(usize, &'s OutputSegment<'a>),
    /// A part of a data segment, and where it starts in that.
    Chunk(usize, usize, &'s [u8]),
    /// A custom section's contents.
    Custom(&'s OutputCustom<'a>),
}

impl Module<'_, '_> {
    /// How many bytes a piece has.
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

/// A module whose size is known, waiting for a place.
pub struct Planned<'m, 's, 'a> {
    module: &'m Module<'s, 'a>,
    pieces: Vec<(Piece<'s, 'a>, usize)>,
}

impl<'m, 's, 'a> Planned<'m, 's, 'a> {
    /// These pieces, with their sizes.
    pub(crate) fn new(module: &'m Module<'s, 'a>, pieces: Vec<(Piece<'s, 'a>, usize)>) -> Self {
        Self { module, pieces }
    }

    /// What is written.
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
