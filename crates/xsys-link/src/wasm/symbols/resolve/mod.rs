//! Resolve: finds the definition of each name.
//!
//! Files are read in command-line order. An undefined name pulls in the archive member that would define it, at once
//! and with everything that this member needs; a weak reference does not. The rules for hidden, weak and COMDAT
//! symbols are those of `Linking.md`; order and tie-breaks are wasm-ld's, so that the same objects are chosen.
//!
//! After this pass no symbol is lazy, calls go to functions of the type that they expect (if need be, to ones that
//! trap), and the linker's own symbols are defined.

mod asked;
mod conflicts;
mod linker_symbols;
mod llvm_hash;
mod refer;
mod settled;
mod stubbed;
mod telling;
mod wrap;

use hashbrown::{HashMap, HashSet};
use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

pub(crate) use linker_symbols::segment_name;

use super::mismatch::{self, Variants};
use super::{Asker, Definition, Discarded, Extracted, Resolved, Symbol};
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::load::stub_library::Stubs;
use crate::wasm::load::{self, Candidate};
use crate::wasm::name_table::{self, Hashed};
use crate::wasm::object::{ImportName, NO_SIGNATURE, ObjectFile, ObjectSymbol, Place, Signature};
use crate::wasm::reloc::Keeper;
use crate::wasm::symbols::told::{Stage, Told};

/// Resolves all names. Errors that leave complete tables are returned beside them.
pub(crate) fn resolve<'a>(
    options: &'a WasmOptions,
    keeper: &'a Keeper,
    candidates: Vec<Candidate<'a>>,
    stubs: &[Stubs<'a>],
) -> (Resolved<'a>, Vec<Diagnostic>) {
    let mut table = Table {
        options,
        keeper,
        resolved: Resolved {
            told: Told::new(options),
            ..Resolved::default()
        },
        candidates: Vec::new(),
        opened: HashMap::new(),
        order: Vec::new(),
        comdats: HashSet::new(),
        variants: Variants::new(),
        problems: Vec::new(),
    };
    table.define_first();
    let named = candidates.iter().map(|candidate| candidate.provides.len());
    table.resolved.names.reserve(named.sum());
    let parsed = candidates.iter().filter_map(|c| c.object.as_ref());
    let symbols = parsed.map(|object| object.symbols.len());
    table.resolved.symbols.reserve(symbols.sum());
    for candidate in candidates {
        table.candidates.push(Some(candidate));
    }
    for at in 0..table.candidates.len() {
        table.add_candidate(at as u32);
    }
    table.pull_by_command_line(options);
    let wrapped = table.declare_wrapped(options);
    table.apply_stubs(stubs);
    table.resolved.told.set_stage(Stage::Names);
    if !options.relocatable {
        table.define_optional(options);
    }
    let Table {
        mut resolved,
        order,
        mut variants,
        mut problems,
        ..
    } = table;
    settled::put_in_order(&mut resolved, &order);
    if options.shrink.compat {
        let order = asked::in_map_order(variants.iter().map(|(name, _)| *name));
        variants.sort_by_key(|(name, _)| order.iter().position(|known| known == name));
    }
    problems.extend(mismatch::settle(options, &mut resolved, &variants));
    wrap::redirect(&mut resolved, &wrapped);
    settled::export(options, &mut resolved);
    settled::demote_lazy(&mut resolved);
    if !options.relocatable {
        mismatch::stub_undefined(&mut resolved, options);
    }
    (resolved, problems)
}

struct Table<'a> {
    options: &'a WasmOptions,
    keeper: &'a Keeper,
    resolved: Resolved<'a>,
    candidates: Vec<Option<Candidate<'a>>>,
    /// The file of each candidate that has been opened.
    opened: HashMap<u32, FileId>,
    /// The files in link order: a member comes before the file that needed it.
    order: Vec<FileId>,
    comdats: HashSet<&'a str>,
    variants: Variants<'a>,
    problems: Vec<Diagnostic>,
}

/// A file whose symbols are being added.
struct Adding<'a> {
    file: FileId,
    object: ObjectFile<'a>,
    ids: Vec<SymbolId>,
    asked: Asked,
}

/// What asked for a member, and for which symbol; `None` if the file is on the command line.
type Asked = Option<(Asker, SymbolId)>;

/// A symbol, or the candidate that has to be added first.
type Step = Result<SymbolId, u32>;

/// A reference or definition that is being added.
struct Entry<'a> {
    name: &'a str,
    hash: u64,
    kind: SymbolKind,
    flags: SymbolFlags,
    definition: Definition,
    signature: Signature<'a>,
    import: Option<ImportName<'a>>,
    explicit: bool,
    called: bool,
    file: Option<FileId>,
    global_type: [u8; 2],
    import_index: u32,
}

impl<'a> Entry<'a> {
    fn hashed(&self) -> Hashed<'a> {
        Hashed {
            text: self.name,
            hash: self.hash,
        }
    }

    fn unusual_import(&self) -> Option<ImportName<'a>> {
        let usual = |import: &ImportName<'a>| {
            let same = std::ptr::eq(import.field, self.name) || import.field == self.name;
            same && import.module == "env"
        };
        self.import.filter(|import| !usual(import))
    }

    fn symbol(&self, used: bool) -> Symbol<'a> {
        Symbol {
            name: self.name,
            kind: self.kind,
            flags: self.flags,
            definition: self.definition,
            signature: self.signature,
            global_type: self.global_type,
            import_index: self.import_index,
            import: self.unusual_import().map(Box::new),
            has_import: self.import.is_some(),
            explicit_import: self.explicit,
            called: self.called,
            used,
            force_export: false,
            stub: false,
            provided: false,
            missing: false,
            demoted: false,
            file: self.file,
        }
    }

    fn linker(name: &'a str, kind: SymbolKind, definition: Definition) -> Self {
        Entry {
            name,
            hash: name_table::hash(name),
            kind,
            flags: SymbolFlags::VISIBILITY_HIDDEN,
            definition,
            signature: &[],
            import: None,
            explicit: false,
            called: false,
            file: None,
            global_type: [0x7f, 0],
            import_index: 0,
        }
    }
}

impl<'a> Table<'a> {
    fn get(&self, name: &str) -> Option<SymbolId> {
        self.resolved.find(name)
    }

    /// The position of a name in `named`.
    fn position(&self, name: Hashed<'_>) -> Option<usize> {
        let resolved = &self.resolved;
        let is = |at: u32| resolved.symbol(resolved.named[at as usize]).name == name.text;
        resolved.names.get(name.hash, is).map(|at| at as usize)
    }

    fn get_hashed(&self, name: Hashed<'_>) -> Option<SymbolId> {
        self.position(name).map(|at| self.resolved.named[at])
    }

    fn push(&mut self, symbol: Symbol<'a>) -> SymbolId {
        self.resolved.symbols.push(symbol);
        SymbolId(self.resolved.symbols.len() as u32 - 1)
    }

    fn insert(&mut self, symbol: Symbol<'a>) -> SymbolId {
        let hash = name_table::hash(symbol.name);
        self.insert_hashed(hash, symbol)
    }

    fn insert_hashed(&mut self, hash: u64, symbol: Symbol<'a>) -> SymbolId {
        let id = self.push(symbol);
        let at = self.resolved.named.len() as u32;
        self.resolved.names.insert(hash, at);
        self.resolved.named.push(id);
        self.tell_first(id);
        id
    }

    fn at(&mut self, id: SymbolId) -> &mut Symbol<'a> {
        &mut self.resolved.symbols[id.0 as usize]
    }

    /// Replaces a symbol by another definition or reference. Flags that were collected for the name are kept.
    fn replace(&mut self, id: SymbolId, entry: &Entry<'a>) {
        let symbol = self.at(id);
        let (used, force_export) = (symbol.used || entry.file.is_some(), symbol.force_export);
        let called = symbol.called || entry.called;
        *symbol = entry.symbol(used);
        symbol.force_export = force_export;
        symbol.called = called;
        self.tell_meaning(id);
    }

    /// Adds a candidate, with everything that it pulls in.
    fn add_candidate(&mut self, number: u32) {
        let Some(candidate) = &mut self.candidates[number as usize] else {
            return;
        };
        if candidate.provides.is_empty() {
            self.pull(number, None);
            return;
        }
        for name in std::mem::take(&mut candidate.provides) {
            self.add_lazy(name, number);
            if self.candidates[number as usize].is_none() {
                return;
            }
        }
    }

    fn add_lazy(&mut self, name: Hashed<'a>, number: u32) {
        let Some(id) = self.get_hashed(name) else {
            let lazy = Definition::Lazy(number);
            let mut entry = Entry::linker(name.text, SymbolKind::Function, lazy);
            entry.flags = SymbolFlags::empty();
            self.insert_hashed(name.hash, entry.symbol(false));
            return;
        };
        let compat = self.options.shrink.compat;
        let symbol = self.at(id);
        if !symbol.is_undefined() {
            return;
        }
        match symbol.is_weak() {
            true => {
                symbol.definition = Definition::Lazy(number);
                // wasm-ld forgets which import it was.
                if compat {
                    symbol.flags = SymbolFlags::BINDING_WEAK;
                    symbol.import = None;
                    (symbol.has_import, symbol.explicit_import) = (false, false);
                }
                self.tell_meaning(id);
            }
            false => {
                let by = symbol.file.map_or(Asker::Linker, Asker::File);
                self.pull(number, Some((by, id)));
            }
        }
    }

    /// Adds an object. What it needs is added before it, and so on. This is a loop with a stack of its own, because
    /// chains of members can be too long for recursion.
    fn pull(&mut self, number: u32, asked: Asked) {
        let mut stack: Vec<Adding<'a>> = Vec::new();
        stack.extend(self.open(number, asked));
        while let Some(top) = stack.last_mut() {
            let Some(symbol) = top.object.symbols.get(top.ids.len()) else {
                if let Some(done) = stack.pop() {
                    self.close(done);
                }
                continue;
            };
            match self.add_symbol(top.file, &top.object, symbol) {
                Ok(id) => top.ids.push(id),
                Err(needed) => {
                    // wasm-ld reports functions only.
                    let told = symbol.kind == SymbolKind::Function || !self.options.shrink.compat;
                    let id = self.get_hashed(Hashed {
                        text: symbol.name,
                        hash: symbol.hash,
                    });
                    let asked = id.filter(|_| told).map(|id| (Asker::File(top.file), id));
                    // wasm-ld does not compare types with those of the member that it has just pulled in.
                    if self.options.shrink.compat {
                        top.ids.extend(id);
                    }
                    stack.extend(self.open(needed, asked));
                }
            }
        }
    }

    /// Opens a candidate and parses it, if that has not happened yet.
    fn open(&mut self, number: u32, asked: Asked) -> Option<Adding<'a>> {
        let candidate = self.candidates[number as usize].take()?;
        let Candidate { name, bytes, .. } = candidate;
        let debug = self.options.debug_relocs();
        let mut object = match candidate.object {
            Some(object) => *object,
            None => match load::parse_object(name, bytes, debug, self.keeper) {
                Ok(object) => object,
                Err(problem) => {
                    self.problems.push(problem);
                    return None;
                }
            },
        };
        let file = FileId(self.resolved.files.len() as u32);
        self.opened.insert(number, file);
        self.resolved.told.opened(&object.name);
        // Holds the place while the object's own names pull others.
        self.resolved.files.push(ObjectFile {
            name: object.name.clone(),
            ..ObjectFile::default()
        });
        self.resolved.explicit.push(candidate.explicit);
        self.resolved.file_symbols.push(Vec::new());
        self.drop_known_groups(file, &mut object);
        Some(Adding {
            file,
            ids: Vec::with_capacity(object.symbols.len()),
            object,
            asked,
        })
    }

    fn close(&mut self, done: Adding<'a>) {
        if done.object.legacy_table {
            let name = "__indirect_function_table";
            let mut entry = Entry::linker(name, SymbolKind::Table, Definition::Undefined);
            entry.hash = name_table::hash(name);
            entry.file = Some(done.file);
            entry.flags = SymbolFlags::UNDEFINED;
            // Such code only needs the table to exist.
            if let Ok(id) = self.refer(entry) {
                self.at(id).flags |= SymbolFlags::NO_STRIP;
            }
        }
        self.resolved.files[done.file.0 as usize] = done.object;
        self.resolved.file_symbols[done.file.0 as usize] = done.ids;
        self.order.push(done.file);
        if let Some((by, id)) = done.asked {
            let name = self.resolved.symbol(id).name;
            let file = self.told_of(id, done.file);
            self.resolved.extracted.push(Extracted { file, by, name });
        }
    }

    fn drop_known_groups(&mut self, file: FileId, object: &mut ObjectFile<'a>) {
        for comdat in &object.comdats {
            if self.comdats.insert(comdat.name) {
                continue;
            }
            // The copy that is kept has its own initialiser; this one is not called even if it is kept.
            object.init_functions.retain(|&(_, symbol)| {
                let symbol = &object.symbols[symbol as usize];
                let local = symbol.flags.contains(SymbolFlags::BINDING_LOCAL);
                let lost = |at| comdat.functions.contains(&at);
                !(local && matches!(symbol.place, Place::Item(at) if lost(at)))
            });
            let Discarded {
                functions,
                segments,
                customs,
            } = &mut self.resolved.discarded;
            functions.extend(comdat.functions.iter().map(|&at| (file, at)));
            segments.extend(comdat.segments.iter().map(|&at| (file, at)));
            customs.extend(comdat.customs.iter().map(|&at| (file, at)));
        }
    }

    fn add_symbol(
        &mut self,
        file: FileId,
        object: &ObjectFile<'a>,
        symbol: &ObjectSymbol<'a>,
    ) -> Step {
        // A local symbol means its file's own copy, even in a group that another file had first.
        let local = symbol.flags.contains(SymbolFlags::BINDING_LOCAL);
        if local && !self.options.gc_sections && !self.options.shrink.compat {
            self.keep_own_copy(file, symbol);
        }
        let dropped = &self.resolved.discarded;
        let dropped_segment = |segment| !local && dropped.segments.contains(&(file, segment));
        let definition = match symbol.place {
            Place::Undefined => Definition::Undefined,
            // wasm-ld counts them from the file's first segment, and keeps that segment.
            Place::Absolute(offset)
                if self.options.shrink.compat && !object.segments.is_empty() =>
            {
                match dropped_segment(0) {
                    true => Definition::Undefined,
                    false => Definition::Data {
                        file,
                        segment: 0,
                        offset,
                    },
                }
            }
            Place::Absolute(address) => Definition::Absolute(address),
            Place::Data { segment, offset } => match dropped_segment(segment) {
                true => Definition::Undefined,
                false => Definition::Data {
                    file,
                    segment,
                    offset,
                },
            },
            Place::Item(at) if symbol.kind == SymbolKind::Function => {
                match !local && dropped.functions.contains(&(file, at)) {
                    true => Definition::Undefined,
                    false => Definition::Function(FunctionRef::Object(file, at)),
                }
            }
            Place::Item(at) => Definition::Item(file, at),
        };
        let (import, explicit) = match symbol.place {
            Place::Undefined => {
                let explicit = symbol.flags.contains(SymbolFlags::EXPLICIT_NAME);
                let import = object.import(symbol);
                (import, explicit && import.is_some())
            }
            _ => (None, false),
        };
        // Old objects mark only segments as thread-local. In wasm-ld, references are not thread-local.
        let tls = match symbol.place {
            _ if self.options.shrink.compat && definition == Definition::Undefined => false,
            Place::Data { segment, .. } => object.segments[segment as usize].tls,
            Place::Absolute(_) if self.options.shrink.compat => {
                object.segments.first().is_some_and(|segment| segment.tls)
            }
            _ => false,
        };
        let mut flags = symbol.flags;
        if tls {
            flags |= SymbolFlags::TLS;
        }
        let index = symbol.index as usize;
        let entry = Entry {
            name: symbol.name,
            hash: symbol.hash,
            kind: symbol.kind,
            flags,
            definition,
            signature: symbol.signature,
            import,
            explicit,
            called: symbol.called,
            file: Some(file),
            global_type: match (symbol.kind, import) {
                (SymbolKind::Global, Some(_)) => object.imports.globals[index].1,
                (SymbolKind::Global, None) => object.global_type(symbol.place),
                _ => [0x7f, 0],
            },
            import_index: symbol.index,
        };
        if symbol.flags.contains(SymbolFlags::BINDING_LOCAL) {
            return Ok(self.push(entry.symbol(true)));
        }
        match definition {
            Definition::Undefined => self.refer(entry),
            _ => Ok(self.define(entry)),
        }
    }

    /// If nothing is dropped, keeps what a local symbol means, even in a group that another file had first.
    fn keep_own_copy(&mut self, file: FileId, symbol: &ObjectSymbol<'a>) {
        let dropped = &mut self.resolved.discarded;
        match symbol.place {
            Place::Data { segment, .. } => dropped.segments.remove(&(file, segment)),
            Place::Item(at) if symbol.kind == SymbolKind::Function => {
                dropped.functions.remove(&(file, at))
            }
            _ => false,
        };
    }

    fn define(&mut self, entry: Entry<'a>) -> SymbolId {
        let Some(id) = self.get_hashed(entry.hashed()) else {
            return self.insert_hashed(entry.hash, entry.symbol(true));
        };
        let symbol = self.at(id);
        symbol.used = true;
        if matches!(symbol.definition, Definition::Lazy(_)) {
            self.replace(id, &entry);
            return id;
        }
        if symbol.kind != entry.kind {
            self.kind_clash(id, &entry);
            return id;
        }
        if !self.same_type(id, &entry) {
            return id;
        }
        let symbol = self.at(id);
        let check = !symbol.is_undefined() || symbol.called;
        if entry.kind == SymbolKind::Function && check && symbol.signature != entry.signature {
            // In wasm-ld these are two functions.
            let twice = symbol.is_defined() && !symbol.is_weak() && !weak(&entry);
            let twice = twice && !self.options.shrink.compat;
            // If several definitions are a warning, the last one is used.
            let replaced = self.options.forgives && !self.options.allow_multiple_definition;
            if twice {
                self.duplicate(id, &entry);
                if !self.options.allow_multiple_definition && !replaced {
                    return id;
                }
            }
            let (variant, new) = self.variant(id, &entry);
            // wasm-ld compares with the definition of the other type.
            let known = if self.options.shrink.compat {
                id
            } else {
                variant
            };
            if new || self.gives_way(known, &entry) {
                self.replace(variant, &entry);
            }
            // Later references are compared with the definition.
            if let Some(at) = self.position(entry.hashed())
                && (!twice || replaced)
            {
                self.resolved.named[at] = variant;
            }
            return variant;
        }
        if self.gives_way(id, &entry) {
            self.replace(id, &entry);
        }
        id
    }

    /// Whether a new definition replaces the present one.
    fn gives_way(&mut self, id: SymbolId, entry: &Entry<'a>) -> bool {
        let symbol = self.at(id);
        if !symbol.is_defined() {
            return true;
        }
        if weak(entry) {
            return false;
        }
        if symbol.is_weak() {
            return true;
        }
        self.duplicate(id, entry);
        // As in wasm-ld, the last definition is used if several are only a warning.
        self.options.forgives && !self.options.allow_multiple_definition
    }

    /// Names in `-u`, `--export` and `--entry` pull in archive members, too.
    fn pull_by_command_line(&mut self, options: &'a WasmOptions) {
        let undefined = options.undefined.iter();
        let undefined = undefined.map(|name| (Asker::Linker, name.as_str()));
        let exports = options.export_if_defined.iter().chain(&options.exports);
        let exports = asked::in_table_order(exports)
            .into_iter()
            .map(|name| (Asker::Option("--export"), name));
        let entry = options.entry.iter();
        let entry = entry.map(|name| (Asker::Option("--entry"), name.as_str()));
        for (by, name) in undefined.chain(exports).chain(entry) {
            let Some(id) = self.get(name) else { continue };
            let symbol = self.at(id);
            symbol.used = true;
            if let Definition::Lazy(number) = symbol.definition {
                self.pull(number, Some((by, id)));
            }
        }
        self.find_finaliser();
    }

    /// Finds the function that runs finalisers. The module calls it if the program does not run initialisers itself.
    fn find_finaliser(&mut self) {
        let options = self.options;
        let ctors = "__wasm_call_ctors";
        let mut asked = options.exports.iter().chain(&options.export_if_defined);
        let by_hand = self.get(ctors).is_some_and(|id| self.at(id).used)
            || options.entry.as_deref() == Some(ctors)
            || asked.any(|name| name == ctors);
        let name = "__wasm_call_dtors";
        let Some(id) = self.get(name).filter(|_| !by_hand && !options.relocatable) else {
            return;
        };
        self.at(id).used = true;
        if let Definition::Lazy(number) = self.at(id).definition {
            self.pull(number, Some((Asker::Linker, id)));
        }
        // Members that were pulled in may define functions of several types. For wasm-ld the first of them counts.
        let id = match options.shrink.compat {
            true => id,
            false => self.get(name).unwrap_or(id),
        };
        let symbol = self.resolved.symbol(id);
        let problem = match (symbol.kind, symbol.is_defined()) {
            (SymbolKind::Function, true) if symbol.signature == NO_SIGNATURE => {
                self.resolved.finaliser = Some(id);
                return;
            }
            (SymbolKind::Function, true) => "takes parameters or has results",
            (SymbolKind::Function, false) => "is not defined",
            _ => "is not a function",
        };
        let problem = Diagnostic::error(format!("`{name}` {problem}"));
        self.problems.push(problem.code("finaliser"));
    }
}

fn weak(entry: &Entry<'_>) -> bool {
    entry.flags.contains(SymbolFlags::BINDING_WEAK)
}
