//! `--Map` and `--print-map`: where everything is in the output.
//!
//! The columns are wasm-ld's, so that scripts can read them: address (for data; the index for globals), offset in the
//! file and size, in hexadecimal; then output sections, their inputs and the symbols in them, each indented by eight
//! more columns. wasm-ld adds offsets within a section to the start of its header, although they count from the
//! section's contents. With `--compat=wasm-ld` the map has the same offsets, otherwise those in the file.

use std::fmt::Write;

use super::inputs::stood_in_for;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::index::OwnGlobal;
use crate::wasm::layout::heads::{DATA, GLOBALS, Head};
use crate::wasm::layout::memory::Source;
use crate::wasm::layout::module::{Module, Piece, Planned};
use crate::wasm::symbols::describe::{body_text, shown};
use crate::wasm::symbols::{Definition, LinkerSymbol};
use hashbrown::HashMap;

/// The map of a module.
pub(crate) fn render(planned: &Planned<'_, '_, '_>) -> String {
    let module = planned.module();
    let mut map = Map {
        module,
        out: String::from("    Addr      Off     Size Out     In      Symbol\n"),
        symbols: symbols(module),
        skew: 0,
    };
    let (mut at, mut end, mut head, mut data) = (0, 0, 0, None);
    // For a segment with gaps: where its parts are in the segment and in the file, and where its first header is.
    let (mut parts, mut first) = (Vec::new(), 0);
    for (piece, size) in planned.pieces() {
        // The last segment may be empty, and still comes before those that are not in the file.
        let of_segment = matches!(piece, Piece::Segment(..) | Piece::Chunk(..));
        if at >= end
            && !of_segment
            && let Some(start) = data.take()
        {
            map.zeros(start);
        }
        match piece {
            Piece::Bytes(bytes) => {
                head = at;
                let section = Head::read(bytes).filter(|_| at >= end);
                if let Some(section) = section {
                    end = at + section.len + section.size;
                    map.skew = match module.options.shrink.compat {
                        true => section.len,
                        false => 0,
                    };
                    map.row(None, at, end - at, 0, &section.name);
                    match section.id {
                        GLOBALS => map.globals(),
                        DATA => data = Some(at),
                        _ => {}
                    }
                }
            }
            Piece::Body(function) => map.body(*function, at, *size as u64),
            Piece::Segment(number, _) => map.segment(*number, head, &[(0, at)]),
            Piece::Chunk(number, start, _) => {
                if parts.is_empty() {
                    first = head;
                }
                parts.push((*start as u64, at));
                let contents = module.layout.contents.get(*number);
                if contents.is_none_or(|whole| whole.chunks.len() == parts.len()) {
                    map.segment(*number, first, &parts);
                    parts.clear();
                }
            }
            Piece::Custom(_) => {}
        }
        at += *size as u64;
    }
    if let Some(start) = data {
        map.zeros(start);
    }
    map.out
}

/// What contains symbols.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Chunk {
    Function(FunctionRef),
    Segment(FileId, u32),
}

/// The symbols in each chunk, in the order of its file.
fn symbols(module: &Module<'_, '_>) -> HashMap<Chunk, Vec<SymbolId>> {
    let mut found: HashMap<Chunk, Vec<SymbolId>> = HashMap::new();
    for (at, ids) in module.resolved.file_symbols.iter().enumerate() {
        let own = FileId(at as u32);
        for &id in ids {
            let chunk = match module.resolved.symbol(id).definition {
                Definition::Function(FunctionRef::Object(file, item)) if file == own => {
                    Chunk::Function(FunctionRef::Object(file, item))
                }
                // In wasm-ld, an undefined symbol is listed in the function that replaces it.
                Definition::Function(stub)
                    if module.options.shrink.compat
                        && module.resolved.symbol(id).missing
                        && module.resolved.symbol(id).file == Some(own) =>
                {
                    Chunk::Function(stub)
                }
                Definition::Data { file, segment, .. } if file == own => {
                    Chunk::Segment(file, segment)
                }
                _ => continue,
            };
            found.entry(chunk).or_default().push(id);
        }
    }
    found
}

struct Map<'m, 's, 'a> {
    module: &'m Module<'s, 'a>,
    out: String,
    symbols: HashMap<Chunk, Vec<SymbolId>>,
    /// How much smaller than the offset in the file the shown offset is, in the current section.
    skew: u64,
}

impl Map<'_, '_, '_> {
    fn row(&mut self, addr: Option<u64>, at: u64, size: u64, indent: usize, name: &str) {
        // Writing to a string cannot fail.
        let _ = match addr {
            Some(addr) => write!(self.out, "{addr:8x} "),
            None => write!(self.out, "       - "),
        };
        let _ = writeln!(self.out, "{at:8x} {size:8x} {:indent$}{name}", "");
    }

    fn globals(&mut self) {
        for (at, global) in self.module.layout.indexes.globals.iter().enumerate() {
            let number = (self.module.layout.indexes.imported_globals() + at) as u64;
            let name = match *global {
                OwnGlobal::Linker(LinkerSymbol::StackPointer) => "__stack_pointer",
                OwnGlobal::Linker(LinkerSymbol::TlsSize) => "__tls_size",
                OwnGlobal::Linker(LinkerSymbol::TlsAlign) => "__tls_align",
                OwnGlobal::Linker(_) => "__tls_base",
                OwnGlobal::Object(file, item) => {
                    let symbols = &self.module.resolved.file(file).symbols;
                    let named = symbols.iter().find(|symbol| {
                        symbol.kind == SymbolKind::Global
                            && symbol.place == crate::wasm::object::Place::Item(item)
                    });
                    named.map_or("", |symbol| symbol.name)
                }
                // They contain addresses; wasm-ld does not list them.
                OwnGlobal::AddressOf(_) | OwnGlobal::Exported(_) => continue,
            };
            self.row(Some(number), 0, 0, 8, name);
        }
    }

    fn body(&mut self, function: FunctionRef, at: u64, size: u64) {
        let at = at - self.skew;
        let mut name = body_text(self.module.resolved, function);
        // wasm-ld lists such a function under the name of the one that it replaces.
        if self.module.options.shrink.compat
            && let FunctionRef::Synthetic(made) = function
        {
            let made = &self.module.resolved.synthetic[made as usize].name;
            name = format!("<internal>:({})", stood_in_for(made));
        }
        self.row(None, at, size, 8, &name);
        for id in self.take(Chunk::Function(function)) {
            let symbol = self.module.resolved.symbol(id);
            let name = shown(self.module.options, symbol.name);
            self.row(None, at, if symbol.missing { 0 } else { size }, 16, &name);
        }
    }

    /// A data segment: the offset of its header, and where its parts are in the segment and in the file.
    fn segment(&mut self, number: usize, head: u64, parts: &[(u64, u64)]) {
        let memory = &self.module.layout.memory;
        let Some(whole) = memory.segments.get(number) else {
            return;
        };
        let skew = self.skew;
        let position = |offset: u64| {
            let after = parts.partition_point(|&(start, _)| start <= offset);
            let &(start, at) = parts.get(after.saturating_sub(1)).or(parts.first())?;
            Some(at - skew + offset.saturating_sub(start))
        };
        let head = if parts.is_empty() { head } else { head - skew };
        self.row(Some(whole.addr), head, whole.size, 0, whole.name);
        for part in &whole.parts {
            let at = position(part.offset).unwrap_or(0);
            let addr = whole.addr + part.offset;
            let (file, item) = match part.source {
                Source::Input(file, item) => (file, item),
                Source::Gap(_) => continue,
                Source::Strings(table) => {
                    let size = memory
                        .strings
                        .get(table as usize)
                        .map_or(0, |s| s.bytes.len());
                    let name = format!("<internal>:({})", whole.name);
                    self.row(Some(addr), at, size as u64, 8, &name);
                    continue;
                }
            };
            let object = self.module.resolved.file(file);
            let segment = &object.segments[item as usize];
            let name = format!("{}:({})", object.name, segment.name);
            self.row(Some(addr), at, segment.data.len() as u64, 8, &name);
            for id in self.take(Chunk::Segment(file, item)) {
                let symbol = self.module.resolved.symbol(id);
                let Definition::Data { offset, .. } = symbol.definition else {
                    continue;
                };
                let name = shown(self.module.options, symbol.name);
                // For wasm-ld those of threads have places in each thread's copy.
                let start = match self.module.options.shrink.compat && symbol.is_tls() {
                    true => part.offset,
                    false => addr,
                };
                self.row(
                    Some(start + u64::from(offset)),
                    at + u64::from(offset),
                    symbol.data_size(),
                    16,
                    &name,
                );
            }
        }
    }

    /// Segments that are zero and not in the file.
    fn zeros(&mut self, section: u64) {
        for number in 0..self.module.layout.memory.segments.len() {
            if self.module.layout.memory.segments[number].zero {
                self.segment(number, section, &[]);
            }
        }
    }

    fn take(&mut self, chunk: Chunk) -> Vec<SymbolId> {
        self.symbols.remove(&chunk).unwrap_or_default()
    }
}
