//! The `linking` section of an output that keeps relocations.
//!
//! Spec: tool-conventions, `Linking.md`, "Linking Metadata Section", version 2: symbol table (8),
//! segment info (5), init functions (6), COMDATs (7), in wasm-ld's order.

use std::collections::BTreeMap;

use super::symtab::Symtab;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::layout::memory::Source;
use crate::wasm::layout::module::Module;
use crate::wasm::leb;
use crate::wasm::object::Segment;
use crate::wasm::symbols::Definition;

const VERSION: u64 = 2;
const SEGMENT_INFO: u8 = 5;
const INIT_FUNCTIONS: u8 = 6;
const COMDATS: u8 = 7;
const SYMBOL_TABLE: u8 = 8;

/// The kind of section symbols in the symbol table.
const SECTION: u8 = 3;

const EXPLICIT_NAME: u32 = 0x40;

/// The contents of the `linking` section.
pub(crate) fn section(module: &Module<'_, '_>, symtab: &Symtab) -> Vec<u8> {
    let mut out = Vec::new();
    leb::uleb(&mut out, VERSION);
    let count = symtab.symbols.len() + symtab.sections.len();
    if count > 0 {
        let mut table = Vec::new();
        leb::uleb(&mut table, count as u64);
        for &id in &symtab.symbols {
            symbol(&mut table, module, symtab, id);
        }
        for &number in &symtab.sections {
            table.push(SECTION);
            leb::uleb(&mut table, u64::from(LOCAL));
            leb::uleb(&mut table, u64::from(number));
        }
        part(&mut out, SYMBOL_TABLE, &table);
    }
    for (id, contents) in [
        (SEGMENT_INFO, segments(module)),
        (INIT_FUNCTIONS, initialisers(module, symtab)),
        (COMDATS, comdats(module)),
    ] {
        if let Some(contents) = contents {
            part(&mut out, id, &contents);
        }
    }
    out
}

const LOCAL: u32 = 2;

fn part(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    leb::uleb(out, contents.len() as u64);
    out.extend_from_slice(contents);
}

fn symbol(out: &mut Vec<u8>, module: &Module<'_, '_>, symtab: &Symtab, id: SymbolId) {
    let symbol = module.resolved.symbol(id);
    let flags = symtab.flags(module, id);
    out.push(match symbol.kind {
        SymbolKind::Function => 0,
        SymbolKind::Data => 1,
        SymbolKind::Global => 2,
        SymbolKind::Section => SECTION,
        SymbolKind::Tag => 4,
        SymbolKind::Table => 5,
    });
    leb::uleb(out, u64::from(flags));
    if symbol.kind != SymbolKind::Data {
        let number = module.layout.indexes.symbol_number(id, symbol);
        // wasm-ld writes this index for symbols that have none.
        let none = if module.options.shrink.compat {
            u32::MAX
        } else {
            0
        };
        leb::uleb(out, u64::from(number.unwrap_or(none)));
        if Symtab::has_definition(module, symbol) || flags & EXPLICIT_NAME != 0 {
            leb::string(out, &symtab.name(module, id));
        }
        return;
    }
    leb::string(out, symbol.name);
    if !symbol.is_defined() {
        return;
    }
    let memory = &module.layout.memory;
    let (segment, offset) = match symbol.definition {
        Definition::Data {
            file,
            segment,
            offset,
        } => memory.place(file, segment, offset.into()).unwrap_or((0, 0)),
        _ => (0, memory.symbol_address(symbol, 0).unwrap_or(0)),
    };
    for number in [u64::from(segment), offset, symbol.data_size()] {
        leb::uleb(out, number);
    }
}

/// Flags of data segments: mergeable strings, thread-local, retained.
const STRINGS: u32 = 1;
const TLS: u32 = 2;
const RETAIN: u32 = 4;

/// A segment that is joined from several is mergeable if all of them are, and retained if one of them is.
fn segment_flags(known: Option<u32>, segment: &Segment<'_>) -> u32 {
    let flag = |set: bool, flag: u32| if set { flag } else { 0 };
    let strings = flag(segment.strings, STRINGS) & known.unwrap_or(STRINGS);
    let others = flag(segment.tls, TLS) | flag(segment.retain, RETAIN);
    strings | others | (known.unwrap_or(0) & !STRINGS)
}

fn segments(module: &Module<'_, '_>) -> Option<Vec<u8>> {
    let memory = &module.layout.memory;
    if memory.segments.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    leb::uleb(&mut out, memory.segments.len() as u64);
    let flags = memory.segment_flags(module.resolved, segment_flags);
    for (segment, flags) in memory.segments.iter().zip(flags) {
        leb::string(&mut out, segment.name);
        leb::uleb(&mut out, u64::from(segment.align));
        // wasm-ld drops the flags.
        let flags = if module.options.shrink.compat {
            0
        } else {
            flags
        };
        leb::uleb(&mut out, u64::from(flags));
    }
    Some(out)
}

fn initialisers(module: &Module<'_, '_>, symtab: &Symtab) -> Option<Vec<u8>> {
    let resolved = module.resolved;
    if !module.options.relocatable && !module.live.synthetic.first().copied().unwrap_or(false) {
        return None;
    }
    let mut calls = Vec::new();
    for (file, object) in resolved.files() {
        for &(priority, symbol) in &object.init_functions {
            let id = resolved.file_symbol(file, symbol);
            // wasm-ld's number for what is not in its table: one of several definitions with different types.
            let unlisted = module.options.shrink.compat.then_some(u32::MAX);
            if module.live.holds(id, resolved.symbol(id))
                && !resolved.is_discarded(id)
                && let Some(number) = symtab.number(id).or(unlisted)
            {
                calls.push((priority, number));
            }
        }
    }
    calls.sort_by_key(|&(priority, _)| priority);
    if calls.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    leb::uleb(&mut out, calls.len() as u64);
    for (priority, number) in calls {
        leb::uleb(&mut out, u64::from(priority));
        leb::uleb(&mut out, u64::from(number));
    }
    Some(out)
}

/// The COMDAT groups: data segments and functions by their indexes in the output.
fn comdats(module: &Module<'_, '_>) -> Option<Vec<u8>> {
    const DATA: u8 = 0;
    const FUNCTION: u8 = 1;
    let resolved = module.resolved;
    let mut groups: BTreeMap<&str, Vec<(u8, u32)>> = BTreeMap::new();
    let (mut functions, mut segments) = (group_of(module, true), group_of(module, false));
    if functions.is_empty() && segments.is_empty() {
        return None;
    }
    for &function in &module.layout.indexes.functions {
        if let FunctionRef::Object(file, at) = function
            && let Some(name) = functions.remove(&(file, at))
            && let Some(number) = module.layout.indexes.body_number(function)
        {
            groups.entry(name).or_default().push((FUNCTION, number));
        }
    }
    for (number, segment) in module.layout.memory.segments.iter().enumerate() {
        let first = segment.parts.first().map(|part| part.source);
        if let Some(Source::Input(file, at)) = first
            && let Some(name) = segments.remove(&(file, at))
        {
            groups.entry(name).or_default().push((DATA, number as u32));
        }
    }
    debug_assert!(resolved.files.iter().any(|file| !file.comdats.is_empty()));
    if groups.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    leb::uleb(&mut out, groups.len() as u64);
    for (name, members) in groups {
        leb::string(&mut out, name);
        // Flags; none are defined.
        leb::uleb(&mut out, 0);
        leb::uleb(&mut out, members.len() as u64);
        for (kind, number) in members {
            out.push(kind);
            leb::uleb(&mut out, u64::from(number));
        }
    }
    Some(out)
}

/// The COMDAT group of each function or data segment that is in one.
fn group_of<'a>(module: &Module<'_, 'a>, functions: bool) -> BTreeMap<(FileId, u32), &'a str> {
    let mut groups = BTreeMap::new();
    for (file, object) in module.resolved.files() {
        for comdat in &object.comdats {
            let members = match functions {
                true => &comdat.functions,
                false => &comdat.segments,
            };
            groups.extend(members.iter().map(|&at| ((file, at), comdat.name)));
        }
    }
    groups
}
