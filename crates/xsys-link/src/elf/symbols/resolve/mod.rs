//! From names to definitions.
//!
//! Problem: every global name of every object must get exactly one definition; archive members are
//! pulled only if a name needs them; of COMDAT groups with one signature one survives. The order is
//! lld's, so that results compare: inputs in command-line order, and a member is loaded at the very
//! moment when a strong reference meets it (depth first), whether the archive came before or after
//! the reference.
//!
//! Spec: gABI "Symbol Table" (binding and visibility), "Section Groups"; GNU ld manual, `-u`,
//! "PROVIDE", "EXTERN".

mod shared;
mod wrap;

use crate::elf::ids::FileId;
use crate::elf::ids::SymbolId;
use crate::elf::names::Map;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use object::elf;
use std::hash::BuildHasher;
use xsys_diag::Diagnostic;

use super::commons;
use super::patterns::split_default;
use super::script_symbols::ScriptSymbols;
use crate::crash::WorkingOn;
use crate::elf::load::{Input, Inputs, LazyMember};
use crate::elf::object::shared::{NO_VERSION, SharedObject};
use crate::elf::object::{ElfSymbol, ObjectFile, SymbolPlace};
use crate::hints;
use crate::options::ElfOptions;
use crate::script::ast::Glob;

/// What a global name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    /// Nothing defines it (yet).
    Undefined,
    /// An archive member that is not loaded would define it.
    Lazy { input: u32, member: u32 },
    /// A symbol of an object, at this index of its table.
    Object { file: FileId, index: u32 },
    /// A common symbol: memory is allocated by the linker.
    Common {
        file: FileId,
        index: u32,
        align: u64,
    },
    /// A symbol of a shared library, at this index of what it defines.
    Shared { file: u32, index: u32 },
    /// An assignment of a script or of `--defsym`.
    Script,
    /// The linker itself, see `elf::linker_symbols`.
    Linker,
}

impl Definition {
    /// The output has it, not another file, if any.
    pub(crate) fn is_own(self) -> bool {
        !matches!(
            self,
            Self::Undefined | Self::Lazy { .. } | Self::Shared { .. }
        )
    }
}

/// A global symbol and its best definition so far.
#[derive(Clone, Debug)]
pub(crate) struct Symbol<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Where it is defined.
    pub definition: Definition,
    /// The definition is weak, or, if undefined, all references are weak.
    pub weak: bool,
    /// The most constraining STV_* of all files.
    pub visibility: u8,
    /// STT_* of the definition.
    pub kind: u8,
    /// Some loaded object or the command line refers to it.
    pub referenced: bool,
    /// A version script makes it local.
    pub local: bool,
    /// Its version in the output, by index; [`NO_VERSION`] if it has none.
    pub version: u16,
    /// A shared library refers to it, or defines it as well.
    pub shared_refers: bool,
    /// A shared library needs a definition.
    pub shared_needs: bool,
    /// Other files of the process see it.
    pub exported: bool,
    /// The dynamic linker decides which definition counts, which may be that of another file.
    pub preemptible: bool,
}

/// The result: all loaded objects and the meaning of all names.
pub(crate) struct Resolution<'a> {
    /// Loaded objects; the index is [`FileId`].
    pub files: Vec<ObjectFile<'a>>,
    /// Shared libraries, in the order of the command line.
    pub shared: Vec<SharedObject<'a>>,
    /// For each file the ids of its global symbols, from `first_global` on.
    pub globals: Vec<Vec<SymbolId>>,
    /// For each file, which sections lost their COMDAT group; empty if none did.
    pub discarded: Vec<Vec<bool>>,
    /// All global symbols; the index is [`SymbolId`].
    pub symbols: Vec<Symbol<'a>>,
    names: NameTable,
    /// Names that objects define with a default version (`f@@V2`), and which.
    pub default_versions: Vec<(SymbolId, &'a [u8])>,
    /// PROVIDEd assignments that are in force, by index into the script's assignments.
    pub provided: Vec<bool>,
    /// Archive members in the order in which they were loaded, each with the symbol that pulled it.
    pub extracted: Vec<(FileId, SymbolId)>,
}

/// Names to ids: an open hash table of ids, hashed by the name that the id stands for.
struct NameTable {
    table: HashTable<SymbolId>,
    hasher: FixedState,
}

impl<'a> Resolution<'a> {
    /// The symbol with this name, if anything mentions it.
    pub(crate) fn find(&self, name: &[u8]) -> Option<SymbolId> {
        let hash = self.names.hasher.hash_one(name);
        self.names
            .table
            .find(hash, |id| self.symbols[id.0 as usize].name == name)
            .copied()
    }

    /// The global symbol at an index of a file's symbol table; `None` for local symbols.
    #[inline]
    pub(crate) fn global(&self, file: FileId, index: u32) -> Option<SymbolId> {
        let object = &self.files[file.0 as usize];
        let position = (index as usize).checked_sub(object.first_global)?;
        self.globals[file.0 as usize].get(position).copied()
    }

    /// A symbol.
    #[inline]
    pub(crate) fn symbol(&self, id: SymbolId) -> &Symbol<'a> {
        &self.symbols[id.0 as usize]
    }

    /// Whether a section lost its COMDAT group to another file.
    #[inline]
    pub(crate) fn is_discarded(&self, file: FileId, section: u32) -> bool {
        self.discarded[file.0 as usize]
            .get(section as usize)
            .copied()
            .unwrap_or(false)
    }

    /// The entry that defines a symbol, if an object does.
    pub(crate) fn definition_entry(&self, id: SymbolId) -> Option<(FileId, ElfSymbol)> {
        match self.symbol(id).definition {
            Definition::Object { file, index } | Definition::Common { file, index, .. } => Some((
                file,
                self.files[file.0 as usize].symbols.get(index as usize),
            )),
            _ => None,
        }
    }
}

/// Resolves all names. Problems (duplicates, members that cannot be read) go to `diagnostics`.
pub(crate) fn resolve<'a>(
    inputs: Inputs<'a>,
    script: &ScriptSymbols<'a>,
    options: &'a ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolution<'a> {
    let mut resolver = Resolver {
        out: Resolution {
            files: Vec::new(),
            shared: Vec::new(),
            globals: Vec::new(),
            discarded: Vec::new(),
            symbols: Vec::new(),
            names: NameTable {
                table: HashTable::new(),
                hasher: FixedState::default(),
            },
            default_versions: Vec::new(),
            provided: vec![false; script.assignments.len()],
            extracted: Vec::new(),
        },
        lazy: Vec::new(),
        comdats: Map::default(),
        duplicates: Vec::new(),
        commons: Vec::new(),
        members_over_commons: options.symbols.fortran_common,
        displaced: Vec::new(),
        diagnostics,
    };
    for input in inputs.list {
        match input {
            Input::Object(object) => resolver.add(*object),
            Input::Archive(members) => resolver.add_lazy(members),
            Input::Shared(library) => resolver.add_shared(*library),
        }
    }
    for name in options
        .symbols
        .undefined
        .iter()
        .chain(&options.symbols.require_defined)
        .chain(&options.symbols.entry)
    {
        resolver.want(name.as_bytes());
    }
    for name in &script.wanted {
        resolver.want(name);
    }
    for pattern in &options.symbols.undefined_glob {
        resolver.want_matching(pattern);
    }
    let wrapped = resolver.want_wrapped(options);
    resolver.apply_assignments(script);
    wrap::redirect(&mut resolver.out, &wrapped);
    resolver.report_duplicates(options);
    if options.symbols.warn_common {
        let Resolution { symbols, files, .. } = &resolver.out;
        let name = |id: FileId| &files[id.0 as usize].name;
        let warnings = resolver.commons.iter().map(|&(id, first, second)| {
            commons::warning(symbols[id.0 as usize].name, [name(first), name(second)])
        });
        resolver.diagnostics.extend(warnings);
    }
    resolver.out
}

struct Resolver<'a, 'd> {
    out: Resolution<'a>,
    /// Archives in input order; a member is `None` once loaded.
    lazy: Vec<Vec<Option<LazyMember<'a>>>>,
    comdats: Map<&'a [u8], FileId>,
    duplicates: Vec<(SymbolId, Definition, Definition)>,
    /// Common symbols that met another definition, for `--warn-common`.
    commons: Vec<(SymbolId, FileId, FileId)>,
    /// `--fortran-common`
    members_over_commons: bool,
    /// Archive members that promised a symbol which is a common one now, as (symbol, input, member).
    displaced: Vec<(SymbolId, u32, u32)>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Resolver<'a, '_> {
    fn intern(&mut self, name: &'a [u8]) -> SymbolId {
        let Resolution { symbols, names, .. } = &mut self.out;
        let hash = names.hasher.hash_one(name);
        let entry = names.table.entry(
            hash,
            |id| symbols[id.0 as usize].name == name,
            |id| names.hasher.hash_one(symbols[id.0 as usize].name),
        );
        *entry
            .or_insert_with(|| {
                let id = SymbolId(symbols.len() as u32);
                symbols.push(Symbol {
                    name,
                    definition: Definition::Undefined,
                    weak: true,
                    visibility: elf::STV_DEFAULT.0,
                    kind: elf::STT_NOTYPE.0,
                    referenced: false,
                    local: false,
                    version: NO_VERSION,
                    shared_refers: false,
                    shared_needs: false,
                    exported: false,
                    preemptible: false,
                });
                id
            })
            .get()
    }

    /// Makes an archive's symbols available, and loads what is already wanted.
    fn add_lazy(&mut self, archive: crate::elf::load::ArchiveInput<'a>) {
        let input = self.lazy.len() as u32;
        self.lazy
            .push(archive.members.into_iter().map(Some).collect());
        for (name, member) in archive.symbols {
            let id = self.intern(split_default(name).map_or(name, |(plain, _)| plain));
            let symbol = &mut self.out.symbols[id.0 as usize];
            if let Definition::Common { .. } = symbol.definition {
                if self.overrides_common(id, input, member) {
                    self.load_member(input, member, id);
                }
                continue;
            }
            if symbol.definition != Definition::Undefined {
                continue;
            }
            if symbol.referenced && !symbol.weak || symbol.shared_needs {
                self.load_member(input, member, id);
            } else {
                symbol.definition = Definition::Lazy { input, member };
            }
        }
    }

    /// Refers to a name as if an object did.
    fn want(&mut self, name: &'a [u8]) -> SymbolId {
        let id = self.intern(name);
        let symbol = &mut self.out.symbols[id.0 as usize];
        symbol.referenced = true;
        match symbol.definition {
            Definition::Lazy { input, member } => {
                symbol.weak = false;
                symbol.definition = Definition::Undefined;
                self.load_member(input, member, id);
            }
            Definition::Undefined | Definition::Shared { .. } => symbol.weak = false,
            _ => {}
        }
        id
    }

    /// `--undefined-glob`: refers to all symbols that match and that some input defines.
    fn want_matching(&mut self, pattern: &str) {
        let glob = Glob::new(pattern);
        let matching: Vec<&'a [u8]> = self
            .out
            .symbols
            .iter()
            .filter(|symbol| symbol.definition != Definition::Undefined)
            .map(|symbol| symbol.name)
            .filter(|name| glob.matches(name))
            .collect();
        for name in matching {
            self.want(name);
        }
    }

    fn load_member(&mut self, input: u32, member: u32, wanted: SymbolId) {
        let Some(member) = self.lazy[input as usize]
            .get_mut(member as usize)
            .and_then(Option::take)
        else {
            return;
        };
        match member.load() {
            Ok(object) => {
                let next = FileId(self.out.files.len() as u32);
                self.out.extracted.push((next, wanted));
                self.add(object)
            }
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
    }

    /// Whether a member that is not loaded yet has the definition of what is only a common symbol so far
    /// (`--fortran-common`).
    fn overrides_common(&self, id: SymbolId, input: u32, member: u32) -> bool {
        let members = self.lazy.get(input as usize);
        let member = members.and_then(|members| members.get(member as usize)?.as_ref());
        self.members_over_commons
            && member.is_some_and(|member| commons::defines(member, self.out.symbol(id).name))
    }

    /// Adds an object and everything that its references pull out of archives, depth first.
    /// It uses an explicit stack instead of recursion, whose depth a hostile archive could choose.
    fn add(&mut self, object: ObjectFile<'a>) {
        let mut stack = vec![(self.define(object), 0)];
        while let Some((file, next)) = stack.last_mut() {
            if let Some((id, input, member)) = self.displaced.pop() {
                if let Definition::Common { .. } = self.out.symbol(id).definition
                    && self.overrides_common(id, input, member)
                {
                    stack.extend(self.take_member(input, member, id).map(|file| (file, 0)));
                }
                continue;
            }
            let (file, position) = (*file, *next);
            *next += 1;
            let Some(&id) = self.out.globals[file.0 as usize].get(position) else {
                stack.pop();
                continue;
            };
            let object = &self.out.files[file.0 as usize];
            let entry = object.symbols.get(object.first_global + position);
            if self.defines(file, &entry) {
                continue;
            }
            if let Some((input, member)) = self.refer(id, &entry) {
                stack.extend(self.take_member(input, member, id).map(|file| (file, 0)));
            }
        }
    }

    /// Loads a member, if it is not yet, and enters its definitions.
    fn take_member(&mut self, input: u32, member: u32, wanted: SymbolId) -> Option<FileId> {
        let member = self.lazy[input as usize].get_mut(member as usize)?.take()?;
        match member.load() {
            Ok(object) => {
                let file = self.define(object);
                self.out.extracted.push((file, wanted));
                Some(file)
            }
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// Whether a symbol table entry is a definition, and not in a discarded group.
    fn defines(&self, file: FileId, entry: &ElfSymbol) -> bool {
        match entry.place {
            SymbolPlace::Undefined => false,
            SymbolPlace::Section(section) => !self.out.is_discarded(file, section),
            SymbolPlace::Absolute | SymbolPlace::Common => true,
        }
    }

    /// Enters an object's definitions. They come before any of its references, so that the order
    /// of its symbol table does not matter.
    fn define(&mut self, object: ObjectFile<'a>) -> FileId {
        let name = object.name;
        let _guard = WorkingOn(&name);
        let file = FileId(self.out.files.len() as u32);
        let mut discarded = Vec::new();
        for comdat in object.groups.iter().filter(|group| group.comdat) {
            if *self.comdats.entry(comdat.signature).or_insert(file) != file {
                discarded.resize(object.sections.len(), false);
                for &member in &comdat.members {
                    if let Some(slot) = discarded.get_mut(member as usize) {
                        *slot = true;
                    }
                }
            }
        }
        self.out.discarded.push(discarded);
        let count = object.symbols.len();
        let mut globals = Vec::with_capacity(count - object.first_global);
        for index in object.first_global..count {
            let entry = object.symbols.get(index);
            let mut name = object.symbols.name(&entry);
            let default = split_default(name);
            if let Some((plain, _)) = default {
                name = plain;
            }
            let id = self.intern(name);
            globals.push(id);
            if let Some((_, version)) = default {
                self.out.default_versions.push((id, version));
            }
            let symbol = &mut self.out.symbols[id.0 as usize];
            symbol.visibility = most_constraining(symbol.visibility, entry.visibility());
            if self.defines(file, &entry) {
                self.offer(id, file, index as u32, &entry);
            }
        }
        self.out.globals.push(globals);
        self.out.files.push(object);
        file
    }

    /// Offers a definition of a name; the better one stays.
    fn offer(&mut self, id: SymbolId, file: FileId, index: u32, entry: &ElfSymbol) {
        let symbol = &mut self.out.symbols[id.0 as usize];
        let offered = if entry.place == SymbolPlace::Common {
            Definition::Common {
                file,
                index,
                align: entry.value.max(1),
            }
        } else {
            Definition::Object { file, index }
        };
        if let Definition::Object { file: before, .. } | Definition::Common { file: before, .. } =
            symbol.definition
            && [symbol.definition, offered]
                .iter()
                .any(|d| matches!(d, Definition::Common { .. }))
        {
            self.commons.push((id, before, file));
        }
        if let (Definition::Lazy { input, member }, Definition::Common { .. }) =
            (symbol.definition, offered)
        {
            self.displaced.push((id, input, member));
        }
        let take = match (symbol.definition, offered) {
            (Definition::Undefined | Definition::Lazy { .. } | Definition::Shared { .. }, _) => {
                true
            }
            (
                Definition::Common {
                    file: f,
                    index: i,
                    align: a,
                },
                Definition::Common { align, .. },
            ) => {
                // The largest size and the strictest alignment win (gABI, STT_COMMON).
                let old = match self.out.files.get(f.0 as usize) {
                    Some(object) => object.symbols.get(i as usize).size,
                    None => 0,
                };
                let align = a.max(align);
                symbol.definition = if entry.size > old {
                    Definition::Common { file, index, align }
                } else {
                    Definition::Common {
                        file: f,
                        index: i,
                        align,
                    }
                };
                false
            }
            (Definition::Common { .. }, _) => !entry.is_weak(),
            (_, Definition::Common { .. }) => symbol.weak,
            (current, _) if symbol.weak => !entry.is_weak() && current != Definition::Script,
            (current, offered) => {
                if !entry.is_weak() {
                    self.duplicates.push((id, current, offered));
                }
                false
            }
        };
        if take {
            symbol.definition = offered;
            symbol.weak = entry.is_weak();
            symbol.kind = entry.kind();
        }
    }

    /// Enters a reference; returns the archive member that it pulls, if any.
    fn refer(&mut self, id: SymbolId, entry: &ElfSymbol) -> Option<(u32, u32)> {
        let symbol = &mut self.out.symbols[id.0 as usize];
        symbol.referenced = true;
        match symbol.definition {
            Definition::Undefined | Definition::Shared { .. } => {
                symbol.weak &= entry.is_weak();
                None
            }
            Definition::Lazy { input, member } if !entry.is_weak() => {
                symbol.weak = false;
                symbol.definition = Definition::Undefined;
                Some((input, member))
            }
            _ => None,
        }
    }

    /// Script assignments define their symbols whatever the objects say; PROVIDE only what is
    /// referenced and defined nowhere else. A PROVIDE in force refers to symbols itself, which may
    /// bring other PROVIDEs into force, hence the loop.
    fn apply_assignments(&mut self, script: &ScriptSymbols<'a>) {
        for assignment in script.assignments.iter().filter(|a| !a.provide) {
            let id = self.intern(assignment.name);
            let symbol = &mut self.out.symbols[id.0 as usize];
            symbol.definition = Definition::Script;
            symbol.weak = false;
            symbol.kind = elf::STT_NOTYPE.0;
            if assignment.hidden {
                symbol.visibility = most_constraining(symbol.visibility, elf::STV_HIDDEN.0);
            }
        }
        for assignment in script.assignments.iter().filter(|a| !a.provide) {
            for &name in &assignment.uses {
                self.want(name);
            }
        }
        loop {
            let mut changed = false;
            for (index, assignment) in script.assignments.iter().enumerate() {
                if !assignment.provide || self.out.provided[index] {
                    continue;
                }
                let Some(id) = self.out.find(assignment.name) else {
                    continue;
                };
                let symbol = &mut self.out.symbols[id.0 as usize];
                if !symbol.referenced
                    || !matches!(
                        symbol.definition,
                        Definition::Undefined | Definition::Lazy { .. }
                    )
                {
                    continue;
                }
                symbol.definition = Definition::Script;
                symbol.weak = false;
                if assignment.hidden {
                    symbol.visibility = most_constraining(symbol.visibility, elf::STV_HIDDEN.0);
                }
                self.out.provided[index] = true;
                changed = true;
                for &name in &assignment.uses {
                    self.want(name);
                }
            }
            if !changed {
                break;
            }
        }
        self.name_kinds(script);
    }

    /// lld's notes on linker scripts, "Symbol assignment": a plain alias has the type of its symbol.
    /// That may be an alias which is assigned later, hence the loop; its bound is enough for real scripts.
    fn name_kinds(&mut self, script: &ScriptSymbols<'a>) {
        let aliases: Vec<(SymbolId, SymbolId)> = script
            .assignments
            .iter()
            .zip(&self.out.provided)
            .filter(|(assignment, provided)| !assignment.provide || **provided)
            .filter_map(|(a, _)| Some((self.out.find(a.name)?, self.out.find(a.alias_of?)?)))
            .collect();
        for _ in 0..16 {
            let mut changed = false;
            for &(name, of) in &aliases {
                let kind = self.out.symbol(of).kind;
                let own = &mut self.out.symbols[name.0 as usize].kind;
                changed |= *own != kind;
                *own = kind;
            }
            if !changed {
                return;
            }
        }
    }

    fn report_duplicates(&mut self, options: &ElfOptions) {
        if options.symbols.allow_multiple_definition {
            return;
        }
        for &(id, first, second) in &self.duplicates {
            let symbol = &self.out.symbols[id.0 as usize];
            if symbol.definition == Definition::Script {
                continue;
            }
            let place = |definition| match definition {
                Definition::Object { file, index } | Definition::Common { file, index, .. } => {
                    let object = &self.out.files[file.0 as usize];
                    let entry = object.symbols.get(index as usize);
                    let section = match entry.place {
                        SymbolPlace::Section(section) => object.sections.get(section as usize),
                        _ => None,
                    };
                    let section = section
                        .map(|s| format!(" (section `{}`)", String::from_utf8_lossy(s.name)));
                    (
                        format!("{}{}", object.name, section.unwrap_or_default()),
                        entry,
                    )
                }
                _ => ("a script".to_owned(), ElfSymbol::UNDEFINED),
            };
            let ((first, a), (second, b)) = (place(first), place(second));
            if a.place == SymbolPlace::Absolute
                && b.place == SymbolPlace::Absolute
                && a.value == b.value
            {
                continue;
            }
            self.diagnostics.push(
                Diagnostic::error(format!(
                    "duplicate symbol: {}",
                    crate::elf::names::demangle(symbol.name)
                ))
                .code("duplicate-symbol")
                .note(format!("first defined in {first}"))
                .note(format!("defined again in {second}"))
                .help(hints::for_duplicate(symbol.name)),
            );
        }
    }
}

/// gABI: HIDDEN and INTERNAL beat PROTECTED, which beats DEFAULT.
fn most_constraining(a: u8, b: u8) -> u8 {
    match (a, b) {
        (0, other) | (other, 0) => other,
        (a, b) => a.min(b),
    }
}
