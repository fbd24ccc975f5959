//! What a relocation's symbol index stands for.
//!
//! Problem: a relocation names a symbol by its index in one file; passes need to know which
//! definition that is, whether it is an IFUNC, and later where it ended up. Globals are identified
//! by [`SymbolId`], locals by file and index.

use object::elf;

use super::Sections;
use crate::elf::arch::SymbolFacts;
use crate::elf::ids::SectionId;
use crate::elf::ids::{FileId, SymbolId};
use crate::elf::object::{ElfSymbol, SymbolPlace};
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::options::OutputKind;

/// STT_GNU_IFUNC
pub(crate) const STT_GNU_IFUNC: u8 = 10;

/// A symbol, wherever it is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum SymRef {
    /// A global symbol.
    Global(SymbolId),
    /// A local symbol: file and index.
    Local(FileId, u32),
}

/// Where a symbol's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueSource {
    /// An offset in a section of an object.
    Section(SectionId, u64),
    /// A fixed number.
    Absolute(u64),
    /// Assigned by a script or the linker; known after layout.
    Assigned(SymbolId),
    /// A common symbol; its memory is a synthetic section.
    Common(SymbolId),
    /// Nothing defines it, and all references are weak.
    UndefinedWeak,
    /// Nothing defines it.
    Undefined,
    /// Another file of the process defines it, if any does.
    Imported(SymbolId),
    /// In a section that was discarded with its COMDAT group.
    Discarded,
}

/// Who knows a symbol's value in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KnownBy {
    /// The linker: it is the same wherever the image is loaded.
    Linker,
    /// The start-up code of a position-independent image: it moves with the image.
    StartUp,
    /// The dynamic linker: the definition that counts may be in another file.
    DynamicLinker,
    /// Nobody: it is undefined, and at run time there is no other file that could define it. Where that is
    /// tolerated it is 0.
    Nobody,
}

impl ValueSource {
    /// Who knows the value in an output of this kind, if no other file may replace the definition.
    #[inline]
    fn known_by(self, kind: OutputKind) -> KnownBy {
        match self {
            ValueSource::Undefined => KnownBy::Nobody,
            ValueSource::Imported(_) => KnownBy::DynamicLinker,
            ValueSource::Absolute(_) | ValueSource::UndefinedWeak => KnownBy::Linker,
            ValueSource::Section(..)
            | ValueSource::Assigned(_)
            | ValueSource::Common(_)
            | ValueSource::Discarded => match kind.is_pic() {
                true => KnownBy::StartUp,
                false => KnownBy::Linker,
            },
        }
    }
}

impl SymRef {
    /// What a relocation of `file` refers to.
    #[inline]
    pub(crate) fn of(resolution: &Resolution<'_>, file: FileId, index: u32) -> Self {
        match resolution.global(file, index) {
            Some(id) => SymRef::Global(id),
            None => SymRef::Local(file, index),
        }
    }

    /// Who knows its value, which comes from `home`, in an output of this kind. All that depends on what other files
    /// of a process may define is decided here: in a static program there are none, so every definition is final, and
    /// what weak references do not find is 0.
    #[inline]
    pub(crate) fn known_by(
        self,
        resolution: &Resolution<'_>,
        home: ValueSource,
        kind: OutputKind,
    ) -> KnownBy {
        match self {
            SymRef::Global(id) if resolution.symbol(id).preemptible => KnownBy::DynamicLinker,
            _ => home.known_by(kind),
        }
    }

    /// The symbol table entry that defines it, if an object does.
    #[inline]
    pub(crate) fn entry(self, resolution: &Resolution<'_>) -> Option<(FileId, ElfSymbol)> {
        match self {
            SymRef::Global(id) => resolution.definition_entry(id),
            SymRef::Local(file, index) => Some((
                file,
                resolution.files[file.0 as usize]
                    .symbols
                    .get(index as usize),
            )),
        }
    }

    /// Where its value comes from.
    #[inline]
    pub(crate) fn value_source(
        self,
        resolution: &Resolution<'_>,
        sections: &Sections,
    ) -> ValueSource {
        if let SymRef::Global(id) = self {
            let symbol = resolution.symbol(id);
            match symbol.definition {
                Definition::Object { .. } => {}
                Definition::Common { .. } => return ValueSource::Common(id),
                Definition::Script | Definition::Linker => return ValueSource::Assigned(id),
                Definition::Shared { .. } => return ValueSource::Imported(id),
                Definition::Undefined | Definition::Lazy { .. } if symbol.preemptible => {
                    return ValueSource::Imported(id);
                }
                Definition::Undefined | Definition::Lazy { .. } if symbol.weak => {
                    return ValueSource::UndefinedWeak;
                }
                Definition::Undefined | Definition::Lazy { .. } => return ValueSource::Undefined,
            }
        }
        let Some((file, entry)) = self.entry(resolution) else {
            return ValueSource::Undefined;
        };
        match entry.place {
            SymbolPlace::Absolute => ValueSource::Absolute(entry.value),
            SymbolPlace::Section(index) if resolution.is_discarded(file, index) => {
                ValueSource::Discarded
            }
            SymbolPlace::Section(index)
                if (index as usize) < resolution.files[file.0 as usize].sections.len() =>
            {
                ValueSource::Section(sections.id(file, index), entry.value)
            }
            // Index 0 of every table is the null symbol: relocations without a symbol use it.
            SymbolPlace::Undefined if matches!(self, SymRef::Local(_, 0)) => {
                ValueSource::Absolute(0)
            }
            _ => ValueSource::Undefined,
        }
    }

    /// STT_* of the definition.
    #[inline]
    pub(crate) fn kind(self, resolution: &Resolution<'_>) -> u8 {
        match self {
            SymRef::Global(id) => resolution.symbol(id).kind,
            SymRef::Local(..) => self.entry(resolution).map_or(0, |(_, entry)| entry.kind()),
        }
    }

    /// What rewrites may know.
    pub(crate) fn facts(
        self,
        resolution: &Resolution<'_>,
        sections: &Sections,
        kind: OutputKind,
    ) -> SymbolFacts {
        let home = self.value_source(resolution, sections);
        SymbolFacts {
            undefined_weak: matches!(home, ValueSource::UndefinedWeak),
            ifunc: self.kind(resolution) == STT_GNU_IFUNC
                && matches!(home, ValueSource::Section(..)),
            absolute: matches!(home, ValueSource::Absolute(_)),
            pic: kind.is_pic(),
            preemptible: self.known_by(resolution, home, kind) == KnownBy::DynamicLinker,
            shared: kind.is_shared(),
            dynamic: kind.is_dynamic(),
        }
    }

    /// Its name; for a section symbol that of the section.
    pub(crate) fn name<'r>(self, resolution: &'r Resolution<'_>) -> &'r [u8] {
        match self {
            SymRef::Global(id) => resolution.symbol(id).name,
            SymRef::Local(file, index) => {
                let object = &resolution.files[file.0 as usize];
                let entry = object.symbols.get(index as usize);
                match entry.place {
                    SymbolPlace::Section(section) if entry.kind() == elf::STT_SECTION.0 => object
                        .sections
                        .get(section as usize)
                        .map_or(&[], |s| s.name),
                    _ => object.symbols.name(&entry),
                }
            }
        }
    }
}
