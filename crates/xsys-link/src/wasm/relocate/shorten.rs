//! Shortest forms: the numbers that relocations put into code, in as few bytes as they need.
//!
//! Compilers pad every relocated number to its full width (5 or 10 bytes), so that a linker can
//! patch it in place (tool-conventions, `Linking.md`). Nobody patches a finished module, and most
//! numbers need one to three bytes. A body that shrinks moves everything behind it, so bodies are
//! made here, before offsets within the code section are given out; [`write`](crate::wasm::write) only
//! copies them.
//!
//! Debug information speaks of offsets within bodies. [`Shortened::moved`] tells where such an
//! offset has gone.

use rayon::prelude::*;

use crate::wasm::live::Live;
use crate::wasm::layout::Layout;
use crate::wasm::code::shortened::{FileCode, Move, Shortened};
use crate::wasm::leb;
use crate::wasm::object::Function;
use crate::wasm::reloc::{self, Field};
use super::Chunk;
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::symbols::Resolved;
use crate::wasm::code::tidy::{Arities, Tidying};
use crate::spare::Spare;

/// What decides the values of relocations.
struct Program<'p, 'a> {
    resolved: &'p Resolved<'a>,
    live: &'p Live,
    layout: &'p Layout<'a>,
}

/// Makes the bodies of all live functions. Numbers and addresses have to be final. `maps` says
/// whether anybody is going to ask where offsets have gone.
/// With `arities`, their structure becomes cheaper too.
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
        // No body grows; what is reserved and not used is never touched.
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

/// Appends a field's value in its shortest form; fixed-width fields stay as they are.
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
