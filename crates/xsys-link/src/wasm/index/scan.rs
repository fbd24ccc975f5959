//! What live relocations need: slots of the indirect function table, globals that contain addresses, types; and which
//! symbols are undefined.
//!
//! Every live relocation of code and data is read once, in link order.

use hashbrown::HashSet;
use wasmparser::RelocationEntry;

use super::dynamic;
use super::missing::Misplaced;
use super::{Indexes, NONE, slot_of};
use crate::wasm::WasmOptions;
use crate::wasm::ids::{SymbolId, SymbolKind};
use crate::wasm::live::Live;
use crate::wasm::object::{ObjectFile, Signature};
use crate::wasm::reloc::{self, Value};
use crate::wasm::symbols::{Resolved, Symbol};

/// What relocations need besides indexes.
pub(super) struct Scan<'a> {
    pub(super) types: Vec<Signature<'a>>,
    pub(super) elements: Vec<SymbolId>,
    pub(super) address_globals: Vec<SymbolId>,
    /// By symbol, how many instructions contain the function's index.
    pub(super) calls: Vec<u32>,
    pub(super) missing: Vec<SymbolId>,
    /// Relocations for thread-local symbols whose symbol is not one.
    pub(super) not_tls: Vec<Misplaced>,
    /// Code that needs an address as a constant which is only known at run time.
    pub(super) fixed: Vec<Misplaced>,
    /// Relocations that need an address relative to memory or table, of an undefined symbol.
    pub(super) nowhere: Vec<Misplaced>,
}

impl<'a> Scan<'a> {
    fn new(symbols: usize) -> Self {
        Self {
            types: Vec::new(),
            elements: Vec::new(),
            address_globals: Vec::new(),
            calls: vec![0; symbols],
            missing: Vec::new(),
            not_tls: Vec::new(),
            fixed: Vec::new(),
            nowhere: Vec::new(),
        }
    }

    /// Records a relocation whose symbol does not fit. Returns whether it can be skipped.
    fn refuses(
        &mut self,
        options: &WasmOptions,
        symbol: &Symbol<'_>,
        place: Misplaced,
        entry: &RelocationEntry,
    ) -> bool {
        match reloc::row(entry.ty).value {
            Value::AddressTls => {
                // Without threads, thread-local variables exist once, like others.
                let fits = symbol.is_tls() || !options.memory.shared;
                if !(symbol.is_defined() && fits) {
                    self.not_tls.push(place);
                    return true;
                }
            }
            Value::AddressRelative | Value::TableSlotRelative => {
                // In an object, it will be defined later. If an archive member would define it, but is not pulled in
                // by weak references, its address is null.
                let lazy = symbol.demoted;
                let absent = symbol.is_undefined() && !symbol.is_overlooked() && !lazy;
                if !options.relocatable && (absent || symbol.missing) {
                    self.nowhere.push(place);
                }
            }
            _ => {}
        }
        if dynamic::is_fixed(options, symbol, entry) {
            self.fixed.push(place);
        }
        false
    }

    /// Called for the first relocation that refers to a symbol.
    fn meet(&mut self, options: &WasmOptions, id: SymbolId, symbol: &Symbol<'a>) {
        // wasm-ld does not report a symbol whose COMDAT group another file had first.
        let overlooked = options.shrink.compat && symbol.is_overlooked();
        let missing = symbol.is_undefined() && !symbol.is_weak() && !overlooked;
        if missing || symbol.missing {
            self.missing.push(id);
        }
    }

    /// Initialisers are references to functions, too.
    fn meet_initialisers(
        &mut self,
        resolved: &Resolved<'a>,
        (object, ids): (&ObjectFile<'a>, &[SymbolId]),
        met: &mut [bool],
    ) {
        for &(_, symbol) in &object.init_functions {
            let id = ids[symbol as usize];
            let undefined = resolved.symbol(id).is_undefined() && !resolved.symbol(id).is_local();
            if undefined && !met[id.0 as usize] {
                met[id.0 as usize] = true;
                self.missing.push(id);
            }
        }
    }
}

impl<'a> Indexes<'a> {
    pub(super) fn scan(
        &mut self,
        options: &WasmOptions,
        resolved: &Resolved<'a>,
        live: &Live,
    ) -> Scan<'a> {
        let mut scan = Scan::new(resolved.symbols.len());
        self.symbol_slots = vec![NONE; resolved.symbols.len()];
        // There are far more relocations than symbols, so what depends on the symbol alone is done once for each.
        let mut met = vec![false; resolved.symbols.len()];
        let mut seen_globals = HashSet::new();
        for (file, object) in resolved.files() {
            let mut used_types = vec![false; object.types.len()];
            let functions = object.functions.iter().map(|function| function.relocs);
            let segments = object.segments.iter().map(|segment| segment.relocs);
            let functions = functions.zip(&live.functions[file.0 as usize]);
            let segments = segments.zip(&live.segments[file.0 as usize]);
            let ids = resolved.file_symbols[file.0 as usize].as_slice();
            if live.files[file.0 as usize] {
                scan.meet_initialisers(resolved, (object, ids), &mut met);
            }
            // If nothing is dropped, wasm-ld also reads the relocations of custom sections.
            let looks = options.shrink.compat && !options.gc_sections;
            let customs = object.customs.iter().filter(|_| looks);
            let customs = customs.map(|custom| (custom.relocs, &true));
            let live = functions.chain(segments).chain(customs);
            let live = live.filter(|(_, live)| **live);
            for entry in live.flat_map(|(relocs, _)| relocs.iter()) {
                let value = reloc::row(entry.ty).value;
                if value == Value::Type {
                    if !std::mem::replace(&mut used_types[entry.index as usize], true) {
                        scan.types.push(object.types[entry.index as usize]);
                    }
                    continue;
                }
                let id = ids[entry.index as usize];
                let place = Misplaced::new(id, file, &entry);
                if scan.refuses(options, resolved.symbol(id), place, &entry) {
                    continue;
                }
                if dynamic::waits(options, resolved.symbol(id), &entry) {
                    self.import_address(id);
                    continue;
                }
                match value {
                    Value::Function => scan.calls[id.0 as usize] += 1,
                    Value::TableSlot | Value::TableSlotRelative => {
                        let symbol = resolved.symbol(id);
                        // wasm-ld replaces an undefined function after the first relocation that refers to it.
                        let first = options.shrink.compat && symbol.missing && !met[id.0 as usize];
                        if !symbol.stub || first {
                            self.give_slot(options, id, symbol, &mut scan.elements);
                        }
                    }
                    Value::Global => {
                        let symbol = resolved.symbol(id);
                        if symbol.kind != SymbolKind::Global && seen_globals.insert(id) {
                            if dynamic::is_dynamic(options, symbol) {
                                self.import_address(id);
                                continue;
                            }
                            scan.address_globals.push(id);
                            let first =
                                options.shrink.compat && symbol.missing && !met[id.0 as usize];
                            if symbol.kind == SymbolKind::Function && (!symbol.stub || first) {
                                self.give_slot(options, id, symbol, &mut scan.elements);
                            }
                        }
                    }
                    _ => {}
                }
                if !std::mem::replace(&mut met[id.0 as usize], true) {
                    scan.meet(options, id, resolved.symbol(id));
                }
            }
        }
        scan
    }

    fn import_address(&mut self, id: SymbolId) {
        if !self.imported_addresses.contains(&id) {
            self.imported_addresses.push(id);
        }
    }

    fn give_slot(
        &mut self,
        options: &WasmOptions,
        id: SymbolId,
        symbol: &Symbol<'a>,
        elements: &mut Vec<SymbolId>,
    ) {
        let known = &mut self.symbol_slots[id.0 as usize];
        if *known != NONE || (options.shrink.compat && symbol.is_overlooked()) {
            return;
        }
        let next = options.table.base.saturating_add(elements.len() as u32);
        *known = *self.slots.entry(slot_of(id, symbol)).or_insert_with(|| {
            elements.push(id);
            next
        });
    }
}
