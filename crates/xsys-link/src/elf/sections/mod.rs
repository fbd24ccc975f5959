//! Numbers for all input sections of a link, those of objects and those that the linker makes.
//!
//! Problem: passes want flat tables ("is it live", "where is it") instead of tables by file, and
//! scripts place synthetic sections by the same rules as those of objects. So every section gets a
//! [`SectionId`]: first the objects' sections, file by file, then the synthetic ones.

pub(crate) mod describe;
pub(crate) mod described;
pub(crate) mod frames;
pub(crate) mod matching;
pub(crate) mod owners;
pub(crate) mod refs;

use super::ids::SectionId;
use crate::options::ElfOptions;
use object::elf;

use super::ids::FileId;
use super::object::Section;
use super::symbols::resolve::Resolution;

/// A section that the linker makes.
#[derive(Clone, Debug)]
pub(crate) struct Synthetic {
    /// What it holds.
    pub kind: SyntheticKind,
    /// The name that scripts match.
    pub name: String,
    /// `sh_type`
    pub sh_type: u32,
    /// `sh_flags`
    pub flags: u64,
    /// Bytes.
    pub align: u64,
    /// `sh_entsize`
    pub entsize: u64,
    /// Bytes; thunk sections grow during layout, all others are fixed when they are made.
    pub size: u64,
    /// The section that `sh_link` names, and `sh_info`.
    pub link: Option<(SyntheticKind, u32)>,
}

/// What a synthetic section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyntheticKind {
    /// GOT slots.
    Got,
    /// The GOT slots of IFUNCs, filled by IRELATIVE relocations.
    IpltGot,
    /// Jumps through [`SyntheticKind::IpltGot`].
    Iplt,
    /// Dynamic relocations other than IRELATIVE.
    RelaDyn,
    /// IRELATIVE relocations.
    RelaIplt,
    /// `.dynamic`
    Dynamic,
    /// `.interp`
    Interp,
    /// Calls of other files' functions.
    Plt,
    /// Their slots.
    PltGot,
    /// The relocations of these slots.
    RelaPlt,
    /// `.gnu.hash`
    GnuHash,
    /// `.gnu.version`
    VersionSymbols,
    /// `.gnu.version_d`
    VersionsDefined,
    /// `.gnu.version_r`
    VersionsNeeded,
    /// `.dynsym`
    DynSym,
    /// `.dynstr`
    DynStr,
    /// `.hash` for that `.dynsym`.
    Hash,
    /// All `.eh_frame` records.
    EhFrame,
    /// The binary search table over them.
    EhFrameHdr,
    /// All `.ARM.exidx` entries, sorted, with the sentinel.
    Exidx,
    /// Merged strings or constants, by index into the merge pass' result.
    Merged(u32),
    /// The memory of a common symbol, or of the copy of a library's variable.
    Common(super::ids::SymbolId),
    /// The build id note.
    BuildId,
    /// The note of what the whole image is made for.
    Property,
    /// Merged `.ARM.attributes` or `.riscv.attributes`.
    Attributes,
    /// Secure gateway veneers of ARMv8-M.
    Gateways,
    /// Thunks, by index into the layout's thunk groups.
    Thunks(u32),
}

/// The flat table.
pub(crate) struct Sections {
    /// For each file the id of its section 0.
    base: Vec<u32>,
    /// For each object section its file.
    owner: Vec<FileId>,
    /// The linker's own.
    pub synthetic: Vec<Synthetic>,
}

/// The header of a section, whether an object or the linker made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline<'s> {
    /// Its name.
    pub name: &'s [u8],
    /// `sh_type`
    pub sh_type: u32,
    /// `sh_flags`
    pub flags: u64,
    /// Bytes.
    pub align: u64,
    /// `sh_entsize`
    pub entsize: u64,
    /// Bytes before relaxation.
    pub size: u64,
}

impl Sections {
    /// Numbers all sections of the loaded files.
    pub(crate) fn number(resolution: &Resolution<'_>) -> Self {
        let mut base = Vec::with_capacity(resolution.files.len());
        let mut owner = Vec::new();
        for (index, file) in resolution.files.iter().enumerate() {
            base.push(owner.len() as u32);
            owner.resize(owner.len() + file.sections.len(), FileId(index as u32));
        }
        Self {
            base,
            owner,
            synthetic: Vec::new(),
        }
    }

    /// Number of sections that come from objects.
    pub(crate) fn input_count(&self) -> usize {
        self.owner.len()
    }

    /// Number of all sections.
    pub(crate) fn count(&self) -> usize {
        self.owner.len() + self.synthetic.len()
    }

    /// The id of a file's section.
    #[inline]
    pub(crate) fn id(&self, file: FileId, index: u32) -> SectionId {
        SectionId(self.base[file.0 as usize] + index)
    }

    /// The file and the ELF index of a section; `None` for synthetic ones.
    #[inline]
    pub(crate) fn origin(&self, id: SectionId) -> Option<(FileId, u32)> {
        let file = *self.owner.get(id.0 as usize)?;
        Some((file, id.0 - self.base[file.0 as usize]))
    }

    /// An object's section.
    #[inline]
    pub(crate) fn input<'r, 'a>(
        &self,
        resolution: &'r Resolution<'a>,
        id: SectionId,
    ) -> Option<&'r Section<'a>> {
        let (file, index) = self.origin(id)?;
        resolution.files[file.0 as usize]
            .sections
            .get(index as usize)
    }

    /// A synthetic section.
    pub(crate) fn synthetic(&self, id: SectionId) -> Option<&Synthetic> {
        self.synthetic
            .get((id.0 as usize).checked_sub(self.owner.len())?)
    }

    /// Adds a synthetic section.
    pub(crate) fn add(&mut self, section: Synthetic) -> SectionId {
        let id = SectionId(self.count() as u32);
        self.synthetic.push(section);
        id
    }

    /// The id of the only synthetic section of a kind, if there is one.
    pub(crate) fn find(&self, kind: SyntheticKind) -> Option<SectionId> {
        let index = self.synthetic.iter().position(|s| s.kind == kind)?;
        Some(SectionId((self.owner.len() + index) as u32))
    }

    /// The header of a section.
    #[inline]
    pub(crate) fn outline<'s>(
        &'s self,
        resolution: &'s Resolution<'_>,
        id: SectionId,
    ) -> Outline<'s> {
        if let Some(s) = self.input(resolution, id) {
            Outline {
                name: s.name,
                sh_type: s.sh_type,
                flags: s.flags,
                align: s.align,
                entsize: s.entsize,
                size: s.size,
            }
        } else {
            let s = &self.synthetic[id.0 as usize - self.owner.len()];
            Outline {
                name: s.name.as_bytes(),
                sh_type: s.sh_type,
                flags: s.flags,
                align: s.align,
                entsize: s.entsize,
                size: s.size,
            }
        }
    }
}

/// Whether an object's section is linked as it is: not the file's own tables, nor sections that the
/// linker writes again from all inputs. `.eh_frame` and the like are, too: their place says where the
/// new section goes.
pub(crate) fn is_linked(section: &Section<'_>) -> bool {
    const IGNORED: [u32; 9] = [
        elf::SHT_NULL.0,
        elf::SHT_SYMTAB.0,
        elf::SHT_REL.0,
        elf::SHT_RELA.0,
        elf::SHT_GROUP.0,
        elf::SHT_SYMTAB_SHNDX.0,
        0x6fff_4c03, // SHT_LLVM_ADDRSIG
        0x6fff_4c02, // SHT_LLVM_LINKER_OPTIONS, dependent libraries and call-graph profiles
        0x6fff_4c09,
    ];
    if IGNORED.contains(&section.sh_type)
        || section.flags & u64::from(elf::SHF_EXCLUDE.0 as u32) != 0
    {
        return false;
    }
    if section.sh_type == elf::SHT_STRTAB.0 && section.flags & elf::SHF_ALLOC.0 == 0 {
        return false;
    }
    // A section that is still compressed is not wanted.
    if section.flags & elf::SHF_COMPRESSED.0 != 0 {
        return false;
    }
    // The stack marker only steers the linker, and there is one property note for all.
    !matches!(section.name, b".note.GNU-stack" | b".note.gnu.property")
}

/// Sections that are not placed in an image, but copied to an object (`-r`): unwind tables, and the
/// marker that says that the stack need not be executable.
pub(crate) fn hands_on(section: &Section<'_>, options: &ElfOptions) -> bool {
    options.kind.is_object()
        && (section.name == b".note.GNU-stack"
            || (section.name == b".eh_frame" && section.flags & elf::SHF_ALLOC.0 != 0))
}
