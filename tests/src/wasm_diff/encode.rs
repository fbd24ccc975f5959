//! Objects of the differential test as bytes.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`; the order of sections and the padding of numbers are those of
//! LLVM's writer. The encoder is not the linker's own: a mistake in one of them must not hide one in the other.

mod contents;
mod items;
mod linking;
mod numbers;
mod told;

use super::model::{Custom, Object, Piece, Reloc, Symbol, What, flag};
use numbers::{padded_u32, sleb, string, uleb};
use told::{features, producers};

const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const F32: u8 = 0x7d;
const F64: u8 = 0x7c;
const V128: u8 = 0x7b;
const FUNCREF: u8 = 0x70;
const EXTERNREF: u8 = 0x6f;

/// Types of functions: parameters and results.
pub const SIGNATURES: &[(&[u8], &[u8])] = &[
    (&[], &[]),
    (&[], &[I32]),
    (&[I32], &[]),
    (&[I32], &[I32]),
    (&[I32, I32], &[I32]),
    (&[I64], &[]),
    (&[], &[I64]),
    (&[F64, I32], &[F64]),
    (&[I32, I64], &[I32, I64]),
    (&[EXTERNREF], &[EXTERNREF]),
    (&[V128, F32], &[F32]),
    (&[FUNCREF], &[]),
];

/// Width and form of a relocation's field, by its number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A padded number of that many bytes.
    Leb(usize),
    /// That many bytes.
    Fixed(usize),
}

/// The field of a relocation type.
pub fn field(ty: u8) -> Field {
    match ty {
        2 | 5 | 8 | 9 | 13 | 23 | 26 => Field::Fixed(4),
        16 | 19 | 22 => Field::Fixed(8),
        14 | 15 | 17 | 18 | 24 | 25 => Field::Leb(10),
        _ => Field::Leb(5),
    }
}

/// Whether a relocation type has an addend.
fn has_addend(ty: u8) -> bool {
    matches!(
        ty,
        3 | 4 | 5 | 8 | 9 | 11 | 14 | 15 | 16 | 17 | 21 | 22 | 23 | 25
    )
}

/// Index spaces of an object.
struct Writer<'o> {
    object: &'o Object,
    types: Vec<usize>,
    /// By kind: symbols of imports, then of definitions.
    spaces: [Vec<&'o Symbol>; 4],
    imported: [usize; 4],
}

/// The number of an index space; data and sections have none.
fn space(what: &What) -> Option<usize> {
    match what {
        What::Function { .. } => Some(0),
        What::Global { .. } => Some(1),
        What::Table { .. } => Some(2),
        What::Tag { .. } => Some(3),
        What::Alias(_) | What::Data(_) | What::Absolute(_) | What::Section(_) => None,
    }
}

/// The names that an object defines for others: what an archive's table lists.
pub fn listed(object: &Object) -> Vec<&str> {
    let mut symbols = Writer::new(object).written();
    symbols.retain(|symbol| {
        symbol.is_defined() && symbol.flags & flag::LOCAL == 0 && !symbol.name.is_empty()
    });
    symbols
        .into_iter()
        .map(|symbol| symbol.name.as_str())
        .collect()
}

/// An object's bytes.
pub fn object(object: &Object) -> Vec<u8> {
    let mut writer = Writer::new(object);
    // Numbers follow the items, symbols may come in any order.
    let mut symbols: Vec<&Symbol> = object.symbols.iter().collect();
    symbols.sort_by_key(|symbol| symbol.id);
    for defined in [false, true] {
        for symbol in &symbols {
            let Some(space) = space(&symbol.what) else {
                continue;
            };
            if symbol.is_defined() == defined {
                writer.spaces[space].push(symbol);
                writer.imported[space] += usize::from(!defined);
            }
        }
    }
    let mut bytes = writer.write();
    for &(at, byte) in &object.damage {
        let at = at as usize % bytes.len();
        bytes[at] = byte;
    }
    bytes
}

impl<'o> Writer<'o> {
    fn new(object: &'o Object) -> Self {
        Self {
            object,
            types: Vec::new(),
            spaces: Default::default(),
            imported: [0; 4],
        }
    }

    fn ty(&mut self, signature: usize) -> u32 {
        let known = self.types.iter().position(|&known| known == signature);
        known.unwrap_or_else(|| {
            self.types.push(signature);
            self.types.len() - 1
        }) as u32
    }

    fn defined(&self, space: usize) -> Vec<&'o Symbol> {
        self.spaces[space][self.imported[space]..].to_vec()
    }

    fn number(&self, symbol: &Symbol) -> u64 {
        let id = match symbol.what {
            What::Alias(of) => of,
            _ => symbol.id,
        };
        let mut all = self.spaces.iter();
        let found = all.find_map(|space| space.iter().position(|known| known.id == id));
        found.unwrap_or_default() as u64
    }

    /// The symbols that are written: not aliases of functions that were removed, nor names in segments that were
    /// removed.
    fn written(&self) -> Vec<&'o Symbol> {
        let object = self.object;
        let symbols = object.symbols.iter();
        symbols
            .filter(|symbol| match &symbol.what {
                What::Alias(of) => object.symbol(*of).is_some_and(Symbol::is_defined),
                What::Data(Some((segment, ..))) => {
                    object.segments.iter().any(|known| known.id == *segment)
                }
                What::Section(id) => object.customs.iter().any(|known| known.id == *id),
                // It has a segment, though its address does not depend on it.
                What::Absolute(_) => object
                    .segments
                    .first()
                    .is_some_and(|first| first.flags & 1 == 0),
                _ => true,
            })
            .collect()
    }

    fn position(&self, id: u32) -> Option<usize> {
        self.written().iter().position(|symbol| symbol.id == id)
    }

    fn write(&mut self) -> Vec<u8> {
        let object = self.object;
        let mut code_relocs = Vec::new();
        let code = self.code(&mut code_relocs);
        let mut data_relocs = Vec::new();
        let data = self.data(&mut data_relocs);
        let imports = self.imports();
        let functions = self.defined(0);
        let mut function_types = Vec::new();
        uleb(&mut function_types, functions.len() as u64);
        for symbol in &functions {
            if let What::Function { signature, .. } = symbol.what {
                let ty = self.ty(signature);
                uleb(&mut function_types, ty.into());
            }
        }
        let (tables, tags, globals) = (self.tables(), self.tags(), self.globals());
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        let mut count = 0;
        let mut section = |out: &mut Vec<u8>, id: u8, payload: &[u8]| {
            out.push(id);
            padded_u32(out, payload.len() as u32);
            out.extend(payload);
            count += 1;
            count - 1
        };
        section(&mut out, 1, &self.type_section());
        section(&mut out, 2, &imports);
        if !functions.is_empty() {
            section(&mut out, 3, &function_types);
        }
        for (id, payload) in [(4, tables), (13, tags), (6, globals), (7, self.exports())] {
            if payload.first() != Some(&0) {
                section(&mut out, id, &payload);
            }
        }
        if !object.segments.is_empty() {
            let mut payload = Vec::new();
            uleb(&mut payload, object.segments.len() as u64);
            section(&mut out, 12, &payload);
        }
        let mut lists = Vec::new();
        if !functions.is_empty() {
            let number = section(&mut out, 10, &code);
            lists.push(("reloc.CODE".to_owned(), number, code_relocs));
        }
        if !object.segments.is_empty() {
            let number = section(&mut out, 11, &data);
            lists.push(("reloc.DATA".to_owned(), number, data_relocs));
        }
        let mut custom_numbers = Vec::new();
        for custom in &object.customs {
            let (payload, relocs) = self.custom(custom);
            let number = section(&mut out, 0, &payload);
            custom_numbers.push(number);
            lists.push((format!("reloc.{}", custom.name), number, relocs));
        }
        section(&mut out, 0, &self.linking(&custom_numbers));
        for (name, number, relocs) in lists {
            if relocs.is_empty() {
                continue;
            }
            let mut payload = Vec::new();
            string(&mut payload, &name);
            uleb(&mut payload, number);
            uleb(&mut payload, relocs.len() as u64);
            for [ty, at, index, addend] in relocs {
                payload.push(ty as u8);
                uleb(&mut payload, at as u64);
                uleb(&mut payload, index as u64);
                if has_addend(ty as u8) {
                    sleb(&mut payload, addend);
                }
            }
            section(&mut out, 0, &payload);
        }
        if object.names {
            section(&mut out, 0, &self.name_section());
        }
        for payload in [producers(object), features(object)].into_iter().flatten() {
            section(&mut out, 0, &payload);
        }
        out
    }

    fn type_section(&self) -> Vec<u8> {
        let mut out = Vec::new();
        uleb(&mut out, self.types.len() as u64);
        for &signature in &self.types {
            let (parameters, results) = SIGNATURES[signature];
            out.push(0x60);
            for list in [parameters, results] {
                uleb(&mut out, list.len() as u64);
                out.extend(list);
            }
        }
        out
    }
}
