//! Which function of which file a byte belongs to, for messages.

use object::elf;

use super::Sections;
use crate::elf::ids::SectionId;
use crate::elf::object::ObjectFile;
use crate::elf::symbols::resolve::Resolution;

/// "function `f` in file", as exactly as the symbol table allows.
pub(crate) fn describe_place(
    resolution: &Resolution<'_>,
    sections: &Sections,
    id: SectionId,
    offset: u64,
) -> String {
    let Some((file, index)) = sections.origin(id) else {
        return format!(
            "`{}`",
            String::from_utf8_lossy(sections.outline(resolution, id).name)
        );
    };
    let object = &resolution.files[file.0 as usize];
    let section = String::from_utf8_lossy(object.sections[index as usize].name).into_owned();
    match enclosing_symbol(object, index, offset) {
        Some(name) => format!(
            "`{}` in {} (section `{section}`+{offset:#x})",
            crate::elf::names::demangle(name),
            object.name
        ),
        None => format!("{} (section `{section}`+{offset:#x})", object.name),
    }
}

/// The function or object around an offset of a section.
pub(crate) fn enclosing_symbol<'a>(
    object: &ObjectFile<'a>,
    section: u32,
    offset: u64,
) -> Option<&'a [u8]> {
    let mode = crate::elf::arch::mode_bit(object.machine);
    (1..object.symbols.len())
        .map(|index| object.symbols.get(index))
        .filter(|s| {
            s.place == crate::elf::object::SymbolPlace::Section(section)
                && matches!(s.kind(), 1 | 2)
        })
        .find(|s| {
            let function = s.kind() == elf::STT_FUNC.0;
            let start = s.value & !if function { mode } else { 0 };
            start <= offset && offset - start < s.size.max(1)
        })
        .map(|s| object.symbols.name(&s))
}
