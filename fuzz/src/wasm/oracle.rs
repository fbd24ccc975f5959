//! What must hold of every module that the linker writes.
//!
//! Its frame is valid whatever the inputs were. Function bodies are the compiler's: linkers copy
//! them. They must be valid where the inputs were, which takes more than valid modules: relocations
//! can ask for nonsense in valid bodies. An object is *sound* when it is a valid module, every index
//! in its bodies has the relocation that belongs there, and that relocation says what already
//! stands there. Sound objects give valid modules (core specification, "Validation";
//! tool-conventions, `Linking.md`).

use std::collections::HashMap;

use wasmparser::{
    BlockType, Linking, Operator, Parser, Payload, RelocationType, SymbolFlags, SymbolInfo,
    ValidPayload, Validator, WasmFeatures,
};

/// Checks an output against the objects that it may be made of.
pub(super) fn check(output: &[u8], objects: &[&[u8]]) {
    let outcome = validate(output, WasmFeatures::all(), false);
    assert!(outcome.is_ok(), "the output's frame is broken: {outcome:?}");
    if objects.iter().all(|object| is_sound(object).is_some()) {
        let outcome = validate(output, WasmFeatures::all(), true);
        assert!(outcome.is_ok(), "the output is not valid: {outcome:?}");
    }
}

/// Proposals whose instructions and local variables name types by their index: no compiler writes them
/// into objects, and there are no relocations for them.
fn beyond_objects() -> WasmFeatures {
    WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::GC | WasmFeatures::STACK_SWITCHING
}

fn validate(module: &[u8], features: WasmFeatures, bodies: bool) -> wasmparser::Result<()> {
    let mut validator = Validator::new_with_features(features);
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            functions.push((function, body));
        }
    }
    if bodies {
        let mut buffers = wasmparser::FuncValidatorAllocations::default();
        for (function, body) in functions {
            let mut validator = function.into_validator(buffers);
            validator.validate(&body)?;
            buffers = validator.into_allocations();
        }
    }
    Ok(())
}

/// What a relocation of the code section says.
struct Wanted {
    ty: RelocationType,
    /// The number that it stands for in the object itself, if it is an index.
    index: Option<u32>,
}

fn is_sound(object: &[u8]) -> Option<()> {
    validate(object, WasmFeatures::all() - beyond_objects(), true).ok()?;
    let mut symbols = Vec::new();
    let mut relocs = Vec::new();
    let (mut code, mut code_start) = (None, 0);
    let mut bodies = Vec::new();
    let mut number = 0;
    for payload in Parser::new(0).parse_all(object) {
        match payload.ok()? {
            Payload::CodeSectionStart {
                unchecked_range: range,
                ..
            } => {
                (code, code_start) = (Some(number), range.start as usize);
                number += 1;
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            Payload::CustomSection(section) => {
                match section.as_known() {
                    wasmparser::KnownCustom::Linking(reader) => {
                        for part in reader {
                            if let Linking::SymbolTable(map) = part.ok()? {
                                for symbol in map {
                                    symbols.push(symbol.ok()?);
                                }
                            }
                        }
                    }
                    wasmparser::KnownCustom::Reloc(reader) => relocs.push(reader),
                    _ => {}
                }
                number += 1;
            }
            Payload::Version { .. } | Payload::End(_) => {}
            _ => number += 1,
        }
    }
    let mut wanted = HashMap::new();
    for reader in relocs {
        if Some(reader.section_index()) != code {
            continue;
        }
        for entry in reader.entries() {
            let entry = entry.ok()?;
            let index = index(&entry, &symbols)?;
            let at = code_start + entry.offset as usize;
            // Two relocations of one field are nonsense.
            if wanted
                .insert(
                    at,
                    Wanted {
                        ty: entry.ty,
                        index,
                    },
                )
                .is_some()
            {
                return None;
            }
        }
    }
    for body in bodies {
        let mut reader = body.get_operators_reader().ok()?;
        while !reader.eof() {
            let from = reader.original_position() as usize;
            let operator = reader.read().ok()?;
            let to = reader.original_position() as usize;
            operator_is_sound(&operator, object, from..to, &mut wanted)?;
        }
    }
    // All have met the field that they belong to.
    wanted.is_empty().then_some(())
}

/// The index that a relocation stands for in its own object; `Some(None)` for addresses.
fn index(entry: &wasmparser::RelocationEntry, symbols: &[SymbolInfo<'_>]) -> Option<Option<u32>> {
    use RelocationType as R;
    if entry.ty == R::TypeIndexLeb {
        return Some(Some(entry.index));
    }
    let symbol = symbols.get(entry.index as usize)?;
    let unusual = SymbolFlags::TLS | SymbolFlags::ABSOLUTE;
    Some(match (entry.ty, symbol) {
        (R::FunctionIndexLeb, SymbolInfo::Func { index, .. })
        | (R::GlobalIndexLeb, SymbolInfo::Global { index, .. })
        | (R::EventIndexLeb, SymbolInfo::Event { index, .. })
        | (R::TableNumberLeb, SymbolInfo::Table { index, .. }) => Some(*index),
        (
            R::TableIndexSleb
            | R::TableIndexSleb64
            | R::MemoryAddrLeb
            | R::MemoryAddrSleb
            | R::MemoryAddrLeb64
            | R::MemoryAddrSleb64,
            SymbolInfo::Func { flags, .. } | SymbolInfo::Data { flags, .. },
        ) if !flags.intersects(unusual) => None,
        // Rare ones: their objects only have to give a whole frame.
        _ => return None,
    })
}

fn operator_is_sound(
    operator: &Operator<'_>,
    object: &[u8],
    range: std::ops::Range<usize>,
    wanted: &mut HashMap<usize, Wanted>,
) -> Option<()> {
    use Operator as O;
    use RelocationType as R;
    let mut index = |at: usize, ty: R, number: u32| {
        let found = wanted.remove(&at)?;
        (found.ty == ty && found.index == Some(number) && is_padded(object, at, 5)).then_some(())
    };
    let first = range.start + 1;
    match *operator {
        O::Call { function_index } | O::ReturnCall { function_index } => {
            index(first, R::FunctionIndexLeb, function_index)
        }
        O::CallIndirect {
            type_index,
            table_index,
        }
        | O::ReturnCallIndirect {
            type_index,
            table_index,
        } => {
            index(first, R::TypeIndexLeb, type_index)?;
            index(first + 5, R::TableNumberLeb, table_index)
        }
        O::GlobalGet { global_index } | O::GlobalSet { global_index } => {
            index(first, R::GlobalIndexLeb, global_index)
        }
        O::TableGet { table } | O::TableSet { table } => index(first, R::TableNumberLeb, table),
        O::Throw { tag_index } | O::Catch { tag_index } => {
            index(first, R::EventIndexLeb, tag_index)
        }
        O::Block {
            blockty: BlockType::FuncType(ty),
        }
        | O::Loop {
            blockty: BlockType::FuncType(ty),
        }
        | O::If {
            blockty: BlockType::FuncType(ty),
        } => index(first, R::TypeIndexLeb, ty),
        // Indexes that no relocation can follow, or whose place is not worth finding out.
        O::RefFunc { .. }
        | O::TryTable { .. }
        | O::MemoryInit { .. }
        | O::DataDrop { .. }
        | O::TableInit { .. }
        | O::ElemDrop { .. }
        | O::TableCopy { .. }
        | O::TableGrow { .. }
        | O::TableSize { .. }
        | O::TableFill { .. } => None,
        O::I32Const { .. } => value(
            object,
            range,
            &[R::TableIndexSleb, R::MemoryAddrSleb],
            5,
            wanted,
        ),
        O::I64Const { .. } => value(
            object,
            range,
            &[R::TableIndexSleb64, R::MemoryAddrSleb64],
            10,
            wanted,
        ),
        // An address can stand in the offset of a load or store, which is its last field.
        _ => {
            value(object, range.clone(), &[R::MemoryAddrLeb], 5, wanted)?;
            value(object, range, &[R::MemoryAddrLeb64], 10, wanted)
        }
    }
}

/// An instruction's last field may have a relocation of these types; no other place may have any.
fn value(
    object: &[u8],
    range: std::ops::Range<usize>,
    types: &[RelocationType],
    width: usize,
    wanted: &mut HashMap<usize, Wanted>,
) -> Option<()> {
    let Some(at) = range.end.checked_sub(width).filter(|&at| at > range.start) else {
        return Some(());
    };
    if let Some(found) = wanted.get(&at)
        && types.contains(&found.ty)
        && is_padded(object, at, width)
    {
        wanted.remove(&at);
    }
    Some(())
}

/// Whether a number fills its field, as everything does that can be relocated.
fn is_padded(object: &[u8], at: usize, width: usize) -> bool {
    let Some(field) = object.get(at..at + width) else {
        return false;
    };
    let (head, last) = field.split_at(width - 1);
    head.iter().all(|byte| byte & 0x80 != 0) && last[0] & 0x80 == 0
}
