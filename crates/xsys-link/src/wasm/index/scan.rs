//! What relocations ask for: slots of the indirect table, globals that hold addresses, types; and what is missing.
//!
//! Every live relocation of code and data is looked at once, in link order.

use hashbrown::HashSet;
use wasmparser::RelocationEntry;

use crate::wasm::WasmOptions;
use super::dynamic;
use crate::wasm::live::Live;
use super::missing::Misplaced;
use crate::wasm::object::{ObjectFile, Signature};
use crate::wasm::ids::{SymbolKind, SymbolId};
use crate::wasm::reloc::{self, Value};
use crate::wasm::symbols::{Resolved, Symbol};
use super::{Indexes, NONE, slot_of};

/// What relocations ask for besides indexes.
pub(super) struct Scan<'a> {
    pub(super) types: Vec<Signature<'a>>,
    pub(super) elements: Vec<SymbolId>,
    pub(super) address_globals: Vec<SymbolId>,
    /// By symbol, how often code refers to a function by its number.
    pub(super) calls: Vec<u32>,
    pub(super) missing: Vec<SymbolId>,
    /// References to thread-local data that mean something else.
    pub(super) not_tls: Vec<Misplaced>,
    /// Places that want an address now which is known at run time only.
    pub(super) fixed: Vec<Misplaced>,
    /// Places that want the distance of something that is not there.
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

    /// Notes a place that wants what it cannot have; whether that is all there is to it.
    fn refuses(
        &mut self,
        options: &WasmOptions,
        symbol: &Symbol<'_>,
        place: Misplaced,
        entry: &RelocationEntry,
    ) -> bool {
        match reloc::row(entry.ty).value {
            Value::AddressTls => {
                // Without threads there is one copy of everything.
                let fits = symbol.is_tls() || !options.memory.shared;
                if !(symbol.is_defined() && fits) {
                    self.not_tls.push(place);
                    return true;
                }
            }
            Value::AddressRelative | Value::TableSlotRelative => {
                // Objects are linked again, and then it is defined.
                // A member has it, and nobody needed that: its address is null.
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

    /// A relocation refers to a symbol for the first time.
    fn meet(&mut self, options: &WasmOptions, id: SymbolId, symbol: &Symbol<'a>) {
        // wasm-ld overlooks a name whose group another file had first.
        let overlooked = options.shrink.compat && symbol.is_overlooked();
        let missing = symbol.is_undefined() && !symbol.is_weak() && !overlooked;
        if missing || symbol.missing {
            self.missing.push(id);
        }
    }

    /// The list of initialisers refers to functions, too.
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
        // Relocations by far outnumber symbols: what does not change is found out once for each.
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
            // wasm-ld looks at other sections where it drops nothing.
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
                        // wasm-ld knows that nobody defines it only once it has met it.
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
