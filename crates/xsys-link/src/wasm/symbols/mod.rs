//! Symbols as resolution leaves them.

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

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Nothing defines it.
    Undefined,
    /// The candidate of this number would define it.
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
        /// Where in it.
        offset: u32,
    },
    /// A fixed address.
    Absolute(u32),
    /// Something that the linker defines once the layout is known.
    Linker(LinkerSymbol),
}

/// What the linker defines itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkerSymbol {
    /// The global `__stack_pointer`, always number 0 of the module's own globals.
    StackPointer,
    /// The global `__tls_base`, fixed in programs without threads, each thread's own otherwise.
    TlsBase,
    /// The global `__tls_size`, of programs with threads.
    TlsSize,
    /// The global `__tls_align`, of programs with threads.
    TlsAlign,
    /// The indirect function table.
    FunctionTable,
    /// End of static data.
    DataEnd,
    /// Start of static data.
    GlobalBase,
    /// Start of the heap.
    HeapBase,
    /// End of memory at the start.
    HeapEnd,
    /// The stack's lower end.
    StackLow,
    /// The stack's upper end, where it starts.
    StackHigh,
    /// Something unique to the module.
    DsoHandle,
    /// What module-relative addresses count from: 0.
    MemoryBase,
    /// What module-relative table slots count from.
    TableBase,
    /// End of the first page.
    FirstPageEnd,
    /// The flag that says whether shared memory is filled.
    InitFlag,
    /// Start of the segment whose name follows `__start_`.
    SegmentStart,
    /// End of the segment whose name follows `__stop_`.
    SegmentEnd,
}

/// A symbol.
#[derive(Clone, Debug)]
pub struct Symbol<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it names.
    pub kind: SymbolKind,
    /// Binding and visibility of the winning definition, or of the references.
    pub flags: SymbolFlags,
    /// What it means.
    pub definition: Definition,
    /// The type of a function or tag.
    pub signature: Signature<'a>,
    /// Encoded type of an imported global.
    pub global_type: [u8; 2],
    /// Number among its file's imports of that kind, while it is undefined; the size of data.
    pub import_index: u32,
    /// Where it is to be imported from, if not under its own name from `env`, as nearly all are.
    pub import: Option<Box<ImportName<'a>>>,
    /// An object says where it is to be imported from.
    pub has_import: bool,
    /// The source names the import itself, so being undefined is intended.
    pub explicit_import: bool,
    /// A call instruction names it, so its type is certain.
    pub called: bool,
    /// An object or the command line refers to it.
    pub used: bool,
    /// The command line exports it.
    pub force_export: bool,
    /// Traps when called and has no table slot, so that its address is null.
    pub stub: bool,
    /// A stub library says that the host provides it.
    pub provided: bool,
    /// Undefined, and replaced by such a function because the command line says so.
    pub missing: bool,
    /// A member that nobody needed would define it: wasm-ld forgets to say in objects that it is undefined.
    pub demoted: bool,
    /// The file that defines it or first referred to it.
    pub file: Option<FileId>,
}

impl Symbol<'_> {
    /// Whether something defines it.
    pub fn is_defined(&self) -> bool {
        !matches!(self.definition, Definition::Undefined | Definition::Lazy(_))
    }

    /// Whether nothing defines it.
    pub fn is_undefined(&self) -> bool {
        self.definition == Definition::Undefined
    }

    /// Whether an archive lists the name, and the member that has it does not define it after all.
    pub fn is_overlooked(&self) -> bool {
        let function = self.kind == SymbolKind::Function && self.signature.is_empty();
        self.is_undefined() && !self.used && function
    }

    /// Whether another definition may take its place, or none at all.
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

    /// Whether only its file can see it.
    pub fn is_local(&self) -> bool {
        self.flags.contains(SymbolFlags::BINDING_LOCAL)
    }

    /// Whether other modules cannot see it unless asked for.
    pub fn is_hidden(&self) -> bool {
        self.flags.contains(SymbolFlags::VISIBILITY_HIDDEN)
    }

    /// Whether each thread has its own.
    pub fn is_tls(&self) -> bool {
        self.flags.contains(SymbolFlags::TLS)
    }

    /// Whether someone asked for this very symbol to be exported.
    pub fn is_exported_by_name(&self) -> bool {
        self.force_export || self.flags.contains(SymbolFlags::EXPORTED)
    }
}

/// What the names of functions begin with that stand in for definitions of another type.
pub(crate) const MISMATCH: &str = "signature_mismatch:";
/// The same of those that stand in for nothing.
pub(crate) const UNDEFINED_WEAK: &str = "undefined_weak:";

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

/// What a made function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntheticKind {
    /// Calls the initialisers in the order of their priority.
    CallCtors,
    /// Traps.
    Unreachable,
    /// Fills memory that is imported or shared.
    InitMemory,
    /// Gives a thread its copy of the thread-local data.
    InitTls,
    /// Sets the globals that hold addresses of thread-local data.
    InitTlsGlobals,
    /// Fills in addresses that are known at run time.
    ApplyData,
    /// The same of thread-local data. wasm-ld has it wherever these have relocations, even if all addresses are known.
    ApplyTls,
    /// Calls initialisers, a function, and finalisers.
    CommandExport(SymbolId),
}

/// The outcome of resolution.
#[derive(Debug, Default)]
pub struct Resolved<'a> {
    /// The files that take part, in link order.
    pub files: Vec<ObjectFile<'a>>,
    /// Which of them the command line names itself.
    pub explicit: Vec<bool>,
    /// All symbols.
    pub symbols: Vec<Symbol<'a>>,
    /// Global symbols in the order in which they were first mentioned.
    pub named: Vec<SymbolId>,
    /// Their names, with positions in `named`.
    pub names: NameTable,
    /// For each file, what its symbols mean.
    pub file_symbols: Vec<Vec<SymbolId>>,
    /// Functions that the linker makes.
    pub synthetic: Vec<SyntheticFunction<'a>>,
    /// Bodies and segments that lost against an equal COMDAT group.
    pub discarded: Discarded,
    /// The files in the order in which they were opened: who needs a member comes before it.
    pub opened: Vec<FileId>,
    /// Names that `--wrap` has given to others.
    pub renamed: Vec<(&'a str, SymbolId)>,
    /// Members that were pulled, and why.
    pub extracted: Vec<Extracted<'a>>,
    /// The names of the stub libraries.
    pub stub_libraries: Vec<String>,
    /// What wrappers of a command's exports call at the end.
    pub finaliser: Option<SymbolId>,
    /// What is told of traced names.
    pub(crate) told: Told<'a>,
}

/// An archive's member that takes part, and who asked for it.
#[derive(Clone, Copy, Debug)]
pub struct Extracted<'a> {
    /// The member.
    pub file: FileId,
    /// Who asked.
    pub by: Asker,
    /// For which name.
    pub name: &'a str,
}

/// Who asks for a member of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A file that refers to the name.
    File(FileId),
    /// The command line.
    Option(&'static str),
    /// The stub library of this number.
    Stub(u32),
    /// The linker itself.
    Linker,
}

/// Members of COMDAT groups that are already there.
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

    /// Whether a symbol means a function of a group that another file had first.
    pub fn is_discarded(&self, id: SymbolId) -> bool {
        match self.symbol(id).definition {
            Definition::Function(FunctionRef::Object(file, at)) => {
                self.discarded.functions.contains(&(file, at))
            }
            _ => false,
        }
    }

    /// What symbol number `index` of a file means.
    pub fn file_symbol(&self, file: FileId, index: u32) -> SymbolId {
        self.file_symbols[file.0 as usize][index as usize]
    }

    /// Whether a symbol's function stands in for a definition of another type.
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

    /// A global symbol by the name that it has in its file, whatever `--wrap` has made of that.
    pub fn find_own(&self, name: &str) -> Option<SymbolId> {
        let is = |at: u32| self.symbol(self.named[at as usize]).name == name;
        let at = self.names.get(name_table::hash(name), is)?;
        Some(self.named[at as usize])
    }

    /// The type of a body.
    pub fn signature(&self, function: FunctionRef) -> Signature<'a> {
        match function {
            FunctionRef::Synthetic(at) => self.synthetic[at as usize].signature,
            FunctionRef::Object(file, at) => self.file(file).functions[at as usize].signature,
        }
    }
}
