//! Index spaces: the index of each type, function, global, table and tag, and the slots of the indirect function
//! table.
//!
//! In every index space, imports come first, then what the linker makes, then the items of files in link order. Slots
//! are assigned in the order in which relocations refer to them.

pub(crate) mod dynamic;
pub(crate) mod missing;
mod order;
mod scan;

use hashbrown::HashMap;
use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::live::Live;
use crate::wasm::live::externals::{import_name, is_imported};
use crate::wasm::object::{ImportName, Signature};
use crate::wasm::reloc::{self, Value};
use crate::wasm::symbols::{Definition, LinkerSymbol, Resolved, Symbol};
use scan::Scan;

/// Without an index.
const NONE: u32 = u32::MAX;

/// A global that the module defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnGlobal {
    /// One of the linker's.
    Linker(LinkerSymbol),
    /// A file's.
    Object(FileId, u32),
    /// Contains the address or slot of a symbol, for position-independent code.
    AddressOf(SymbolId),
    /// Contains the address of an exported variable.
    Exported(SymbolId),
}

/// The index spaces.
#[derive(Debug, Default)]
pub struct Indexes<'a> {
    /// The function types of the module.
    pub types: Vec<Signature<'a>>,
    type_numbers: HashMap<Signature<'a>, u32>,
    /// The imports but for memory, in order.
    pub imports: Vec<SymbolId>,
    import_numbers: HashMap<SymbolId, u32>,
    /// Symbols whose addresses are imported as globals (`--unresolved-symbols=import-dynamic`). These come after all
    /// other imports.
    pub imported_addresses: Vec<SymbolId>,
    counts: [u32; 4],
    /// The functions that the module defines, in order.
    pub functions: Vec<FunctionRef>,
    synthetic_numbers: Vec<u32>,
    function_numbers: Vec<Vec<u32>>,
    /// The globals that the module defines, in order.
    pub globals: Vec<OwnGlobal>,
    global_numbers: HashMap<OwnGlobal, u32>,
    /// Whether the module defines the indirect function table.
    pub own_function_table: bool,
    /// Whether it comes before tables of files.
    pub function_table_first: bool,
    /// Tables of files, in order.
    pub tables: Vec<(FileId, u32)>,
    table_numbers: HashMap<(FileId, u32), u32>,
    /// The tags that the module defines, in order.
    pub tags: Vec<(FileId, u32)>,
    tag_numbers: HashMap<(FileId, u32), u32>,
    /// The slot of each symbol that relocations refer to.
    symbol_slots: Vec<u32>,
    /// The functions in the indirect function table, from its first slot on.
    pub elements: Vec<SymbolId>,
    slots: HashMap<Slot, u32>,
    /// The indexes of live functions, globals, tables and tags by symbol. This is faster for relocations, of which
    /// there are millions.
    by_symbol: Vec<u32>,
}

/// The type of an import: imports of one name but with different types are two imports.
#[derive(PartialEq, Eq, Hash)]
enum ImportType<'r, 'a> {
    Function(Signature<'a>),
    Global([u8; 2]),
    /// Encoded; empty for the indirect function table.
    Table(&'r [u8]),
    Tag(Signature<'a>),
}

impl<'r, 'a> ImportType<'r, 'a> {
    fn of(resolved: &'r Resolved<'a>, symbol: &Symbol<'a>) -> Self {
        match symbol.kind {
            SymbolKind::Global => Self::Global(symbol.global_type),
            SymbolKind::Tag => Self::Tag(symbol.signature),
            SymbolKind::Table => {
                let tables = symbol.file.map(|file| &resolved.file(file).imports.tables);
                let ty = tables.and_then(|tables| tables.get(symbol.import_index as usize));
                let ours = symbol.name == "__indirect_function_table";
                Self::Table(ty.filter(|_| !ours).map_or(&[], |(_, ty)| ty))
            }
            _ => Self::Function(symbol.signature),
        }
    }
}

/// The function in a slot. Two symbols that name the same function share a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Function(FunctionRef),
    Import(SymbolId),
}

fn slot_of(id: SymbolId, symbol: &Symbol<'_>) -> Slot {
    match symbol.definition {
        Definition::Function(function) if !symbol.missing => Slot::Function(function),
        _ => Slot::Import(id),
    }
}

/// Assigns all indexes, and reports undefined symbols.
pub(super) fn number<'a>(
    options: &WasmOptions,
    resolved: &Resolved<'a>,
    live: &Live,
) -> (Indexes<'a>, Vec<Diagnostic>) {
    let mut indexes = Indexes::default();
    let scan = indexes.scan(options, resolved, live);
    let mut problems = match options.relocatable {
        true => Vec::new(),
        false => missing::report(options, resolved, live, scan.missing.iter().copied()),
    };
    problems.extend(missing::misused(resolved, &scan.not_tls));
    problems.extend(missing::fixed(resolved, &scan.fixed));
    problems.extend(missing::nowhere(resolved, &scan.nowhere));
    indexes.number_imports(options, resolved, live);
    indexes.number_functions(resolved, live);
    if options.sorts() {
        indexes.sort_functions(resolved, &scan);
    }
    indexes.number_globals(resolved, live, &scan.address_globals);
    indexes.number_tables(options, resolved, live);
    problems.extend(indexes.table_conflict(resolved));
    for (file, object) in resolved.files() {
        for at in 0..object.tags.len() {
            if live.tags[file.0 as usize][at] {
                let number = indexes.counts[3] + indexes.tags.len() as u32;
                indexes.tag_numbers.insert((file, at as u32), number);
                indexes.tags.push((file, at as u32));
            }
        }
    }
    indexes.elements = scan.elements;
    problems.extend(indexes.table_too_large(options));
    indexes.number_types(resolved, scan.types);
    (indexes, problems)
}

/// Whether a live global contains the address of a thread-local variable in shared memory. Only position-independent
/// code needs such globals.
pub(super) fn needs_tls_globals(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
) -> bool {
    if !options.memory.shared {
        return false;
    }
    let file_needs = |(file, object): (FileId, &crate::wasm::object::ObjectFile<'_>)| {
        let tls = object.symbols.iter().any(|symbol| {
            symbol.kind == SymbolKind::Data && symbol.flags.contains(SymbolFlags::TLS)
        });
        let functions = object
            .functions
            .iter()
            .zip(&live.functions[file.0 as usize]);
        tls && functions.filter(|(_, live)| **live).any(|(function, _)| {
            function.relocs.iter().any(|entry| {
                let global = reloc::row(entry.ty).value == Value::Global;
                global && {
                    let symbol = resolved.symbol(resolved.file_symbol(file, entry.index));
                    symbol.kind == SymbolKind::Data && symbol.is_tls()
                }
            })
        })
    };
    resolved.files().any(file_needs)
}

impl<'a> Indexes<'a> {
    fn number_imports(&mut self, options: &WasmOptions, resolved: &Resolved<'a>, live: &Live) {
        // Equal imports share an index, even if different symbols name them.
        let mut known: HashMap<(ImportName<'a>, ImportType<'_, 'a>), u32> = HashMap::new();
        let table = |symbol: &Symbol<'_>| symbol.name == "__indirect_function_table";
        let mut wanted: Vec<SymbolId> = Vec::new();
        // Old tools expect table 0 to be the indirect function table.
        wanted.extend(resolved.named().filter(|(_, s)| table(s)).map(|(id, _)| id));
        wanted.extend(
            resolved
                .named()
                .filter(|(_, s)| !table(s))
                .map(|(id, _)| id),
        );
        for (at, symbol) in resolved.symbols.iter().enumerate() {
            if symbol.is_local() {
                wanted.push(SymbolId(at as u32));
            }
        }
        for id in wanted {
            let symbol = resolved.symbol(id);
            if !is_imported(options, id, symbol, live) {
                continue;
            }
            let space = space(symbol.kind);
            let key = (import_name(symbol), ImportType::of(resolved, symbol));
            let next = self.counts[space];
            let number = *known.entry(key).or_insert_with(|| {
                self.imports.push(id);
                next
            });
            self.counts[space] = next.max(number + 1);
            self.import_numbers.insert(id, number);
        }
        for &id in &self.imported_addresses {
            let number = self.counts[1];
            self.global_numbers.insert(OwnGlobal::AddressOf(id), number);
            self.counts[1] += 1;
        }
    }

    fn number_functions(&mut self, resolved: &Resolved<'a>, live: &Live) {
        let mut next = self.counts[0];
        let mut number = |live: bool, function: FunctionRef, list: &mut Vec<FunctionRef>| {
            if !live {
                return NONE;
            }
            list.push(function);
            next += 1;
            next - 1
        };
        for (at, &live) in live.synthetic.iter().enumerate() {
            let function = FunctionRef::Synthetic(at as u32);
            let number = number(live, function, &mut self.functions);
            self.synthetic_numbers.push(number);
        }
        for (file, live) in live.functions.iter().enumerate() {
            let mut numbers = Vec::with_capacity(live.len());
            for (at, &live) in live.iter().enumerate() {
                let function = FunctionRef::Object(FileId(file as u32), at as u32);
                numbers.push(number(live, function, &mut self.functions));
            }
            self.function_numbers.push(numbers);
        }
        debug_assert_eq!(self.function_numbers.len(), resolved.files.len());
    }

    /// Gives the functions that are called from most places the shortest indexes.
    fn sort_functions(&mut self, resolved: &Resolved<'a>, scan: &Scan<'a>) {
        let imports = self.counts[0];
        let mut uses = vec![0u32; self.functions.len()];
        let calls = scan.calls.iter().enumerate();
        let calls = calls.map(|(id, &count)| (SymbolId(id as u32), count));
        let slots = scan.elements.iter().map(|&id| (id, 1));
        for (id, count) in calls.filter(|&(_, count)| count > 0).chain(slots) {
            if let Definition::Function(function) = resolved.symbol(id).definition
                && let Some(at) = self.body_position(function)
            {
                uses[at] = uses[at].saturating_add(count);
            }
        }
        let old = std::mem::take(&mut self.functions);
        let order = order::by_use(&uses, imports);
        self.functions = order.iter().map(|&at| old[at as usize]).collect();
        for (at, &function) in self.functions.iter().enumerate() {
            let number = imports + at as u32;
            match function {
                FunctionRef::Synthetic(at) => self.synthetic_numbers[at as usize] = number,
                FunctionRef::Object(file, at) => {
                    self.function_numbers[file.0 as usize][at as usize] = number;
                }
            }
        }
    }

    /// Adds a function that the linker makes after the other indexes have been assigned.
    pub fn add_synthetic(&mut self, resolved: &Resolved<'a>) -> u32 {
        let at = self.synthetic_numbers.len() as u32;
        let number = self.counts[0] + self.functions.len() as u32;
        self.functions.push(FunctionRef::Synthetic(at));
        self.synthetic_numbers.push(number);
        self.add_type(resolved.synthetic[at as usize].signature);
        number
    }

    fn number_globals(&mut self, resolved: &Resolved<'a>, live: &Live, addresses: &[SymbolId]) {
        for (id, symbol) in resolved.named() {
            if let (SymbolKind::Global, Definition::Linker(kind)) = (symbol.kind, symbol.definition)
                && live.symbols[id.0 as usize]
            {
                self.add_global(OwnGlobal::Linker(kind));
            }
        }
        for (file, live) in live.globals.iter().enumerate() {
            for at in (0..live.len()).filter(|&at| live[at]) {
                self.add_global(OwnGlobal::Object(FileId(file as u32), at as u32));
            }
        }
        for &id in addresses {
            self.add_global(OwnGlobal::AddressOf(id));
        }
    }

    /// Adds a global and returns its index.
    pub fn add_global(&mut self, global: OwnGlobal) -> u32 {
        let number = self.counts[1] + self.globals.len() as u32;
        self.globals.push(global);
        self.global_numbers.insert(global, number);
        number
    }

    fn number_tables(&mut self, options: &WasmOptions, resolved: &Resolved<'a>, live: &Live) {
        let ours = resolved.named().any(|(id, symbol)| {
            symbol.definition == Definition::Linker(LinkerSymbol::FunctionTable)
                && live.symbols[id.0 as usize]
        });
        let imported = self
            .imports
            .iter()
            .any(|&id| resolved.symbol(id).name == "__indirect_function_table");
        // A function pointer needs the table even if no call through a pointer is left. In wasm-ld, so does a global
        // that contains a slot, even if it is null.
        let slots = self.globals.iter().any(|global| match global {
            OwnGlobal::AddressOf(id) => resolved.symbol(*id).kind == SymbolKind::Function,
            _ => false,
        });
        let pointers = !self.slots.is_empty() || (options.shrink.compat && slots);
        self.own_function_table = ours || (pointers && !imported);
        for (file, live) in live.tables.iter().enumerate() {
            for at in (0..live.len()).filter(|&at| live[at]) {
                self.tables.push((FileId(file as u32), at as u32));
            }
        }
        // Old code calls through table 0 without relocations.
        self.function_table_first =
            !self.tables.is_empty() && resolved.files().any(|(_, file)| file.legacy_table);
        let before = u32::from(self.own_function_table && self.function_table_first);
        let first = self.counts[2] + before;
        for (number, &table) in (first..).zip(&self.tables) {
            self.table_numbers.insert(table, number);
        }
    }

    /// Slots have numbers of 32 bits.
    fn table_too_large(&self, options: &WasmOptions) -> Option<Diagnostic> {
        let (base, slots) = (options.table.base, self.elements.len());
        let fits = u32::try_from(slots).is_ok_and(|slots| base.checked_add(slots).is_some());
        (!fits).then(|| {
            Diagnostic::error("the function table would have more than 0xffffffff slots")
                .note(format!(
                    "{slots} of them are in use, from slot {base:#x} on"
                ))
                .help("leave out `--table-base`: slots start at 1 then")
        })
    }

    /// Reports an imported table if old code calls through table 0.
    fn table_conflict(&self, resolved: &Resolved<'a>) -> Option<Diagnostic> {
        let (_, old) = resolved.files().find(|(_, file)| file.legacy_table)?;
        let mut imports = self.imports.iter().map(|&id| resolved.symbol(id));
        let table = imports.find(|symbol| symbol.kind == SymbolKind::Table)?;
        if !self.own_function_table {
            return None;
        }
        Some(Diagnostic::error(format!(
            "table `{}` is imported, but `{}` calls through table 0",
            table.name, old.name
        )))
    }

    fn number_types(&mut self, resolved: &Resolved<'a>, used: Vec<Signature<'a>>) {
        for signature in used {
            self.add_type(signature);
        }
        for at in 0..self.imports.len() {
            let symbol = resolved.symbol(self.imports[at]);
            if matches!(symbol.kind, SymbolKind::Function | SymbolKind::Tag) {
                self.add_type(symbol.signature);
            }
        }
        for at in 0..self.functions.len() {
            self.add_type(resolved.signature(self.functions[at]));
        }
        for at in 0..self.tags.len() {
            let (file, tag) = self.tags[at];
            let object = resolved.file(file);
            self.add_type(object.types[object.tags[tag as usize] as usize]);
        }
    }

    fn add_type(&mut self, signature: Signature<'a>) {
        let next = self.types.len() as u32;
        self.type_numbers.entry(signature).or_insert_with(|| {
            self.types.push(signature);
            next
        });
    }

    /// The index of a type.
    pub fn type_number(&self, signature: Signature<'a>) -> Option<u32> {
        self.type_numbers.get(signature).copied()
    }

    /// How many globals are imported. The module's own have the indexes from there on.
    pub fn imported_globals(&self) -> usize {
        self.counts[1] as usize
    }

    /// The index of a function that the module defines.
    pub fn body_number(&self, function: FunctionRef) -> Option<u32> {
        let number = match function {
            FunctionRef::Synthetic(at) => self.synthetic_numbers.get(at as usize),
            FunctionRef::Object(file, at) => {
                let numbers = self.function_numbers.get(file.0 as usize);
                numbers.and_then(|numbers| numbers.get(at as usize))
            }
        };
        number.copied().filter(|&number| number != NONE)
    }

    /// The position of a function in `functions`.
    pub fn body_position(&self, function: FunctionRef) -> Option<usize> {
        let number = self.body_number(function)?;
        number.checked_sub(self.counts[0]).map(|at| at as usize)
    }

    /// The index of a function, global, table or tag. `None` if it is dead.
    pub fn symbol_number(&self, id: SymbolId, symbol: &Symbol<'_>) -> Option<u32> {
        match symbol.definition {
            Definition::Undefined => self.import_numbers.get(&id).copied(),
            Definition::Function(function) => self.body_number(function),
            Definition::Linker(LinkerSymbol::FunctionTable) => Some(self.function_table()),
            Definition::Linker(kind) => self.global_numbers.get(&OwnGlobal::Linker(kind)).copied(),
            Definition::Item(file, at) => match symbol.kind {
                SymbolKind::Global => self
                    .global_numbers
                    .get(&OwnGlobal::Object(file, at))
                    .copied(),
                SymbolKind::Table => self.table_numbers.get(&(file, at)).copied(),
                SymbolKind::Tag => self.tag_numbers.get(&(file, at)).copied(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Lists indexes by symbol, when all have been assigned.
    pub fn finish(&mut self, resolved: &Resolved<'a>, live: &Live) {
        let symbols = (0u32..).map(SymbolId).zip(&resolved.symbols);
        let numbers = symbols.map(|(id, symbol)| {
            let number = match live.holds(id, symbol) {
                true => self.symbol_number(id, symbol),
                false => None,
            };
            number.unwrap_or(NONE)
        });
        self.by_symbol = numbers.collect();
    }

    /// The index of a live function, global, table or tag, if it has one.
    #[inline]
    pub fn quick_number(&self, id: SymbolId) -> Option<u32> {
        let number = self.by_symbol.get(id.0 as usize).copied();
        number.filter(|&number| number != NONE)
    }

    /// The index of the global that a relocation refers to: of the symbol, or of the global that contains its
    /// address.
    pub fn global_number(&self, id: SymbolId, symbol: &Symbol<'_>) -> Option<u32> {
        match symbol.kind {
            SymbolKind::Global => self.symbol_number(id, symbol),
            _ => self.global_numbers.get(&OwnGlobal::AddressOf(id)).copied(),
        }
    }

    /// The index of a global that the linker defines.
    pub fn linker_global(&self, kind: LinkerSymbol) -> Option<u32> {
        self.global_numbers.get(&OwnGlobal::Linker(kind)).copied()
    }

    /// A function's slot in the indirect function table; 0 for functions that trap in place of undefined ones.
    pub fn slot(&self, id: SymbolId, symbol: &Symbol<'_>) -> u32 {
        match self.symbol_slots.get(id.0 as usize) {
            Some(&slot) if slot != NONE => slot,
            _ => self.slots.get(&slot_of(id, symbol)).copied().unwrap_or(0),
        }
    }

    /// The index of the indirect function table.
    pub fn function_table(&self) -> u32 {
        // If it is imported, it is the first import of its kind.
        match (self.own_function_table, self.function_table_first) {
            (false, _) => 0,
            (true, true) => self.counts[2],
            (true, false) => self.counts[2] + self.tables.len() as u32,
        }
    }
}

fn space(kind: SymbolKind) -> usize {
    match kind {
        SymbolKind::Global => 1,
        SymbolKind::Table => 2,
        SymbolKind::Tag => 3,
        _ => 0,
    }
}
