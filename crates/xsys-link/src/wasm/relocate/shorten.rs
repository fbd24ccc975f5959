//! Shortest forms: relocates code so that indexes and addresses take as few bytes as possible.
//!
//! Compilers pad every number that has a relocation to its full width (5 or 10 bytes), so that a linker can write any
//! value in place (tool-conventions, `Linking.md`). Most values need one to three bytes. A body that shrinks moves
//! everything behind it, so bodies are made here, before offsets in the code section are assigned;
//! [`write`](crate::wasm::write) only copies them.
//!
//! Debug information contains offsets within bodies. [`Shortened::moved`] says what such an offset has become.

use rayon::prelude::*;

use super::Chunk;
use crate::spare::Spare;
use crate::wasm::code::shortened::{FileCode, Move, Shortened};
use crate::wasm::code::tidy::{Arities, Tidying};
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::layout::Layout;
use crate::wasm::leb;
use crate::wasm::live::Live;
use crate::wasm::object::Function;
use crate::wasm::reloc::{self, Field};
use crate::wasm::symbols::Resolved;

/// What the values of relocations depend on.
struct Program<'p, 'a> {
    resolved: &'p Resolved<'a>,
    live: &'p Live,
    layout: &'p Layout<'a>,
}

/// Makes the bodies of all live functions. Indexes and addresses have to be final. `maps` says whether offsets in
/// bodies will be asked for. With `arities`, blocks and branches are made cheaper, too.
pub(crate) fn shorten(
    resolved: &Resolved<'_>,
    live: &Live,
    layout: &Layout<'_>,
    maps: bool,
    arities: Option<&Arities>,
) -> Shortened {
    let program = Program {
        resolved,
        live,
        layout,
    };
    let spare: Spare<(Vec<u8>, Tidying)> = Spare::default();
    let build = |file: FileId, body: &mut Vec<u8>, tidying: &mut Tidying| {
        let object = resolved.file(file);
        let count = object.functions.len() + 1;
        let mut code = FileCode {
            starts: Vec::with_capacity(count),
            maps: Vec::with_capacity(if maps { count } else { 1 }),
            ..FileCode::default()
        };
        let mut tidying = arities.map(|arities| (tidying, arities));
        let stays = |at: usize| {
            let function = FunctionRef::Object(file, at as u32);
            layout.indexes.body_number(function).is_some()
        };
        // No body becomes longer, and reserved memory that is not used costs nothing.
        let functions = object.functions.iter().enumerate();
        let most = functions.filter(|&(at, _)| stays(at));
        code.bytes
            .reserve(most.map(|(_, function)| function.bytes.len()).sum());
        for (at, function) in object.functions.iter().enumerate() {
            code.starts.push(code.bytes.len() as u32);
            if maps {
                code.maps.push(code.moves.len() as u32);
            }
            if stays(at) {
                let tidying = tidying
                    .as_mut()
                    .map(|(tidying, arities)| (&mut **tidying, *arities));
                code.add(&program, file, function, maps, body, tidying);
            }
        }
        code.starts.push(code.bytes.len() as u32);
        code.maps.push(code.moves.len() as u32);
        code
    };
    let files = (0..resolved.files.len()).into_par_iter();
    let files =
        files.map(|at| spare.lend(|(body, tidying)| build(FileId(at as u32), body, tidying)));
    Shortened {
        files: files.collect(),
    }
}

impl FileCode {
    fn add(
        &mut self,
        program: &Program<'_, '_>,
        file: FileId,
        function: &Function<'_>,
        maps: bool,
        body: &mut Vec<u8>,
        tidying: Option<(&mut Tidying, &Arities)>,
    ) {
        let Program {
            resolved,
            live,
            layout,
        } = *program;
        let chunk = Chunk {
            file,
            relocs: function.relocs,
            start: u64::from(function.offset),
            tombstone: None,
            addr: 0,
        };
        let head = function.size_len as usize;
        let (mut copied, moves) = (head, &mut self.moves);
        body.clear();
        for entry in function.relocs.iter() {
            let field = reloc::row(entry.ty).field;
            let at = (u64::from(entry.offset) - chunk.start) as usize;
            let value = super::value(layout, resolved, live, &chunk, &entry);
            body.extend_from_slice(&function.bytes[copied..at]);
            let before = body.len();
            append(field, body, value);
            copied = at + field.width();
            if maps && body.len() - before < field.width() {
                let from = copied - head;
                moves.push(Move {
                    from: from as u32,
                    removed: (from - body.len()) as u32,
                });
            }
        }
        body.extend_from_slice(&function.bytes[copied..]);
        let shorter = tidying.and_then(|(tidying, arities)| tidying.shorten(body, arities));
        let body = shorter.unwrap_or(body);
        leb::uleb(&mut self.bytes, body.len() as u64);
        self.bytes.extend_from_slice(body);
    }
}

/// Appends a value in its shortest form; fields of fixed width keep it.
fn append(field: Field, out: &mut Vec<u8>, value: u64) {
    match field {
        Field::Uleb32 => leb::uleb(out, u64::from(value as u32)),
        Field::Sleb32 => leb::sleb(out, i64::from(value as i32)),
        Field::Uleb64 => leb::uleb(out, value),
        Field::Sleb64 => leb::sleb(out, value as i64),
        Field::I32 => out.extend_from_slice(&(value as u32).to_le_bytes()),
        Field::I64 => out.extend_from_slice(&value.to_le_bytes()),
    }
}
