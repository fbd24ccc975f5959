//! How much stack each function takes, according to its compiler.
//!
//! Problem: only the compiler knows a function's frame. LLVM (rustc's `-Z emit-stack-sizes`, clang's
//! `-fstack-size-section`) leaves `.stack_sizes` beside the code: for each function its address, by
//! a relocation, and the bytes as ULEB128. The sections are not part of the image and scripts may
//! drop them, so they are read from the inputs, for functions that are in the image.
//!
//! Spec: LLVM Code Generator, "Emitting function stack size information"; DWARF 5, 7.6 (ULEB128).

use object::elf;
use xsys_diag::Diagnostic;

use super::StackContext;
use crate::elf::ids::FileId;
use crate::elf::sections::refs::ValueSource;
use crate::elf::synthetic::scan::decide;

/// Address and bytes of each function with a record.
pub(super) fn read(
    scene: &StackContext<'_, '_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(u64, u64)> {
    let mut out = Vec::new();
    for (file, object) in scene.addresses.resolution.files.iter().enumerate() {
        let mut damaged = None;
        for (index, section) in object.sections.iter().enumerate() {
            let stale = |index| {
                let resolution = scene.addresses.resolution;
                resolution.is_discarded(FileId(file as u32), index)
            };
            if section.name == b".stack_sizes"
                && section.flags & elf::SHF_COMPRESSED.0 == 0
                && !stale(index as u32)
                && !stale(section.link)
                && let Err(at) = records(scene, FileId(file as u32), index, &mut out)
            {
                damaged = damaged.or(Some(at));
            }
        }
        if let Some(at) = damaged {
            diagnostics.push(
                Diagnostic::warning(format!(
                    "`{}`: `.stack_sizes` is damaged at {at:#x}",
                    object.name
                ))
                .note("the stack sizes from there on are not known")
                .help("compile it again; what changes objects after the compiler must leave this section alone")
                .code("stack-sizes-damaged"),
            );
        }
    }
    out
}

/// The records of one section; the offset of the first that cannot be read.
fn records(
    scene: &StackContext<'_, '_>,
    file: FileId,
    index: usize,
    out: &mut Vec<(u64, u64)>,
) -> Result<(), usize> {
    let addresses = &scene.addresses;
    let object = &addresses.resolution.files[file.0 as usize];
    let section = &object.sections[index];
    let word = if object.is_64 { 8 } else { 4 };
    let mut relocs: Vec<_> = section.relocs.iter().collect();
    relocs.sort_by_key(|reloc| reloc.offset);
    let mut at = 0;
    while at < section.data.len() {
        let (size, next) = uleb128(section.data, at + word).ok_or(at)?;
        let first = relocs.partition_point(|reloc| reloc.offset < at as u64);
        let reloc = relocs.get(first).filter(|reloc| reloc.offset == at as u64);
        let decided = decide(
            scene.arch,
            addresses.resolution,
            addresses.sections,
            file,
            section,
            *reloc.ok_or(at)?,
            scene.kind,
        )
        .map_err(|_| at)?;
        let home = decided
            .symbol
            .value_source(addresses.resolution, addresses.sections);
        if let ValueSource::Section(..) = home
            && let Some(address) = addresses.of_symbol(decided.symbol, decided.site.addend)
        {
            out.push((address, size));
        }
        at = next;
    }
    Ok(())
}

/// A number and where it ends; `None` if it does not end or has more than 64 bits.
fn uleb128(data: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (position, byte) in data.get(at..)?.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * position as u32;
        let shifted = bits << shift;
        if shifted >> shift != bits {
            return None;
        }
        value |= shifted;
        if byte & 0x80 == 0 {
            return Some((value, at + position + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_inside_their_section() {
        for (data, expected) in [
            (&[0x7f][..], Some((0x7f, 1))),
            (&[0x80, 0x01], Some((0x80, 2))),
            (&[0x80], None),
            (&[], None),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
                Some((u64::MAX, 10)),
            ),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
                None,
            ),
            (&[0x80; 11], None),
        ] {
            assert_eq!(uleb128(data, 0), expected, "{data:x?}");
        }
        assert_eq!(uleb128(&[0], usize::MAX), None);
    }
}
