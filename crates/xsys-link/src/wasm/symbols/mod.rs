//! Symbols and what they mean: the result of resolution.

pub(crate) mod describe;
pub(crate) mod hints;
pub(crate) mod mismatch;
pub(crate) mod resolve;
pub(crate) mod told;

use wasmparser::SymbolFlags;

use told::Told;

use crate::wasm::ids::{FileId, FunctionRef, SymbolId, SymbolKind};
use crate::wasm::name_table::{self, NameTable};
use crate::wasm::object::{ImportName, ObjectFile, Signature};

/// What a symbol means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// It is not defined.
    Undefined,
    /// The candidate of this number would define it, but has not been pulled in.
    Lazy(u32),
    /// A function.
    Function(FunctionRef),
    /// A global, table, tag or custom section of a file.
    Item(FileId, u32),
    /// Data of a file.
    Data {
        /// The file.
        file: FileId,
        /// Its segment.
        segment: u32,
        /// The offset in it.
        offset: u32,
    },
    /// A fixed address.
    Absolute(u32),
    /// Defined by the linker; its value is known when the layout is.
    Linker(LinkerSymbol),
}

/// A symbol that the linker defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkerSymbol {
    /// The global `__stack_pointer`. It has index 0 among the globals that the module defines.
    StackPointer,
    /// The global `__tls_base`: constant in programs without threads, otherwise set by each thread.
    TlsBase,
    /// The global `__tls_size` of programs with threads.
    TlsSize,
    /// The global `__tls_align` of programs with threads.
    TlsAlign,
    /// The indirect function table.
    FunctionTable,
    /// End of static data.
    DataEnd,
    /// Start of static data.
    GlobalBase,
    /// Start of the heap.
    HeapBase,
    /// End of the initial memory.
    HeapEnd,
    /// The lower end of the stack.
    StackLow,
    /// The upper end of the stack, where the stack pointer starts.
    StackHigh,
    /// An address that identifies the module.
    DsoHandle,
    /// `__memory_base`: 0, because the module is not position-independent.
    MemoryBase,
    /// `__table_base`: the first slot in use.
    TableBase,
    /// End of the first page of memory.
    FirstPageEnd,
    /// The flag that says whether shared memory has been initialised.
    InitFlag,
    /// Start of the segment whose name follows `__start_`.
    SegmentStart,
    /// End of the segment whose name follows `__stop_`.
    SegmentEnd,
}

/// A symbol.
#[derive(Clone, Debug)]
pub struct Symbol<'a> {
    /// The name.
    pub name: &'a str,
    /// The kind of thing that it names.
    pub kind: SymbolKind,
    /// Binding and visibility of the definition that was chosen; of the references, if it is undefined.
    pub flags: SymbolFlags,
    /// What it means.
    pub definition: Definition,
    /// The type of a function or tag.
    pub signature: Signature<'a>,
    /// The encoded type of an imported global.
    pub global_type: [u8; 2],
    /// While it is undefined, its index among its file's imports; for data, the size.
    pub import_index: u32,
    /// Module and name of the import, if they are not `env` and the symbol's name, as for nearly all.
    pub import: Option<Box<ImportName<'a>>>,
    /// Whether an object says which import it is.
    pub has_import: bool,
    /// Whether the source names the import explicitly, so that it is meant to be undefined.
    pub explicit_import: bool,
    /// Whether a call instruction refers to it, so that its type matters.
    pub called: bool,
    /// Whether an object or the command line refers to it.
    pub used: bool,
    /// Whether the command line exports it.
    pub force_export: bool,
    /// Whether it is a function that traps and has no table slot, so that its address is null.
    pub stub: bool,
    /// Whether a stub library says that the host provides it.
    pub provided: bool,
    /// Whether it is undefined, and a function that traps replaces it because the command line accepts that.
    pub missing: bool,
    /// Whether a member would define it that was not pulled in. wasm-ld does not mark such symbols as undefined in
    /// objects.
    pub demoted: bool,
    /// The file that defines it or was first to refer to it.
    pub file: Option<FileId>,
}

impl Symbol<'_> {
    /// Whether it is defined.
    pub fn is_defined(&self) -> bool {
        !matches!(self.definition, Definition::Undefined | Definition::Lazy(_))
    }

    /// Whether it is undefined.
    pub fn is_undefined(&self) -> bool {
        self.definition == Definition::Undefined
    }

    /// Whether only the command line asks for it, and the archive member that should define it does not, because its
    /// COMDAT group was another file's. Its type is unknown.
    pub fn is_overlooked(&self) -> bool {
        let function = self.kind == SymbolKind::Function && self.signature.is_empty();
        self.is_undefined() && !self.used && function
    }

    /// Whether another definition may replace it, or it may stay undefined.
    pub fn is_weak(&self) -> bool {
        self.flags.contains(SymbolFlags::BINDING_WEAK)
    }

    /// The size of a variable.
    pub fn data_size(&self) -> u64 {
        match self.definition {
            Definition::Data { .. } => u64::from(self.import_index),
            _ => 0,
        }
    }

    /// Whether it is local to its file.
    pub fn is_local(&self) -> bool {
        self.flags.contains(SymbolFlags::BINDING_LOCAL)
    }

    /// Whether it is not exported unless it is named.
    pub fn is_hidden(&self) -> bool {
        self.flags.contains(SymbolFlags::VISIBILITY_HIDDEN)
    }

    /// Whether it is thread-local.
    pub fn is_tls(&self) -> bool {
        self.flags.contains(SymbolFlags::TLS)
    }

    /// Whether the command line or the source exports this very symbol.
    pub fn is_exported_by_name(&self) -> bool {
        self.force_export || self.flags.contains(SymbolFlags::EXPORTED)
    }
}

/// What the names of functions begin with that stand in for definitions of another type.
pub(crate) const MISMATCH: &str = "signature_mismatch:";
/// The same of those that stand in for nothing.
pub(crate) const UNDEFINED_WEAK: &str = "undefined_weak:";
/// The function that undefined functions of one type share.
pub(crate) const UNDEFINED_STUB: &str = "undefined_stub";

/// A function that the linker makes.
#[derive(Clone, Debug)]
pub struct SyntheticFunction<'a> {
    /// Its name in the name section.
    pub name: String,
    /// Its type.
    pub signature: Signature<'a>,
    /// What it does.
    pub kind: SyntheticKind,
}

/// What a function that the linker makes does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntheticKind {
    /// Calls the initialisers in order of priority.
    CallCtors,
    /// Traps.
    Unreachable,
    /// Initialises memory that is imported or shared.
    InitMemory,
    /// Copies the thread-local data for a thread.
    InitTls,
    /// Sets the globals that hold addresses of thread-local data.
    InitTlsGlobals,
    /// Stores addresses in data that are only known at run time.
    ApplyData,
    /// The same for thread-local data. In wasm-ld it exists if these have relocations at all.
    ApplyTls,
    /// Calls the initialisers, an exported function, and the finalisers.
    CommandExport(SymbolId),
}

/// The result of resolution.
#[derive(Debug, Default)]
pub struct Resolved<'a> {
    /// The linked files, in link order.
    pub files: Vec<ObjectFile<'a>>,
    /// Whether each of them is on the command line itself.
    pub explicit: Vec<bool>,
    /// All symbols.
    pub symbols: Vec<Symbol<'a>>,
    /// Global symbols, in the order in which they were first mentioned.
    pub named: Vec<SymbolId>,
    /// The names of global symbols, with positions in `named`.
    pub names: NameTable,
    /// For each file, the symbol of each entry in its symbol table.
    pub file_symbols: Vec<Vec<SymbolId>>,
    /// Functions that the linker makes.
    pub synthetic: Vec<SyntheticFunction<'a>>,
    /// Members of COMDAT groups that another file had first.
    pub discarded: Discarded,
    /// The files in the order in which they were opened: a file comes before the members that it needs.
    pub opened: Vec<FileId>,
    /// The names that `--wrap` has swapped.
    pub renamed: Vec<(&'a str, SymbolId)>,
    /// The archive members that were pulled in, and why.
    pub extracted: Vec<Extracted<'a>>,
    /// The names of the stub libraries.
    pub stub_libraries: Vec<String>,
    /// The function that runs finalisers; wrappers of a command's exports call it last.
    pub finaliser: Option<SymbolId>,
    /// What is told of traced names.
    pub(crate) told: Told<'a>,
}

/// An archive member that was pulled in.
#[derive(Clone, Copy, Debug)]
pub struct Extracted<'a> {
    /// The member.
    pub file: FileId,
    /// What asked for it.
    pub by: Asker,
    /// The name that it was pulled in for.
    pub name: &'a str,
}

/// What asked for an archive member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A file that refers to a name.
    File(FileId),
    /// An option.
    Option(&'static str),
    /// The stub library with this number.
    Stub(u32),
    /// The linker itself.
    Linker,
}

/// Members of COMDAT groups that another file had first.
#[derive(Debug, Default)]
pub struct Discarded {
    /// Functions.
    pub functions: hashbrown::HashSet<(FileId, u32)>,
    /// Segments.
    pub segments: hashbrown::HashSet<(FileId, u32)>,
    /// Custom sections.
    pub customs: hashbrown::HashSet<(FileId, u32)>,
}

impl<'a> Resolved<'a> {
    /// A symbol.
    pub fn symbol(&self, id: SymbolId) -> &Symbol<'a> {
        &self.symbols[id.0 as usize]
    }

    /// Whether a symbol is a function in a COMDAT group that another file had first.
    pub fn is_discarded(&self, id: SymbolId) -> bool {
        match self.symbol(id).definition {
            Definition::Function(FunctionRef::Object(file, at)) => {
                self.discarded.functions.contains(&(file, at))
            }
            _ => false,
        }
    }

    /// The symbol of entry `index` in a file's symbol table.
    pub fn file_symbol(&self, file: FileId, index: u32) -> SymbolId {
        self.file_symbols[file.0 as usize][index as usize]
    }

    /// Whether a symbol is a function that replaces a definition of another type.
    pub fn has_other_type(&self, symbol: &Symbol<'_>) -> bool {
        match symbol.definition {
            Definition::Function(FunctionRef::Synthetic(at)) => {
                self.synthetic[at as usize].name.starts_with(MISMATCH)
            }
            _ => false,
        }
    }

    /// A file.
    pub fn file(&self, file: FileId) -> &ObjectFile<'a> {
        &self.files[file.0 as usize]
    }

    /// All files with their numbers.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &ObjectFile<'a>)> {
        let numbered = self.files.iter().enumerate();
        numbered.map(|(at, file)| (FileId(at as u32), file))
    }

    /// Global symbols in the order in which they were first mentioned.
    pub fn named(&self) -> impl Iterator<Item = (SymbolId, &Symbol<'a>)> {
        self.named.iter().map(|&id| (id, self.symbol(id)))
    }

    /// A global symbol by name.
    pub fn find(&self, name: &str) -> Option<SymbolId> {
        if let Some(&(_, id)) = self.renamed.iter().find(|(known, _)| *known == name) {
            return Some(id);
        }
        self.find_own(name)
    }

    /// A global symbol by name, before `--wrap` swapped names.
    pub fn find_own(&self, name: &str) -> Option<SymbolId> {
        let is = |at: u32| self.symbol(self.named[at as usize]).name == name;
        let at = self.names.get(name_table::hash(name), is)?;
        Some(self.named[at as usize])
    }

    /// The type of a function.
    pub fn signature(&self, function: FunctionRef) -> Signature<'a> {
        match function {
            FunctionRef::Synthetic(at) => self.synthetic[at as usize].signature,
            FunctionRef::Object(file, at) => self.file(file).functions[at as usize].signature,
        }
    }
}
