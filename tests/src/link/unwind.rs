//! Finds unwind records as an unwinder does: by the table of `.eh_frame_hdr` or the index `.ARM.exidx`.
//!
//! Read as an unwinder reads it, so that order, encodings and relocated addresses all have to be
//! right. Specs: LSB "Exception Frames", EHABI32 "Index table entries".

use goblin::elf::program_header::PT_GNU_EH_FRAME;

use super::image::Image;

/// Start and size of the function whose record `.eh_frame_hdr` leads to.
pub fn frame(image: &Image, pc: u64) -> Result<(u64, u64), String> {
    let header = image
        .segments
        .iter()
        .find(|segment| segment.p_type == PT_GNU_EH_FRAME)
        .ok_or("the image has no segment with `.eh_frame_hdr`")?;
    let signed = |at: u64| -> Result<i64, String> {
        let value = image.number(at, 4).ok_or("the table ends early")?;
        Ok(i64::from((value as u32).cast_signed()))
    };
    let encodings = image.number(header.addr, 4).ok_or("the header is short")?;
    // Version 1, pcrel|sdata4, udata4, datarel|sdata4: what every linker writes.
    if encodings != 0x3b03_1b01 {
        return Err(format!("the header's encodings are {encodings:#x}"));
    }
    let eh_frame = image
        .section(".eh_frame")
        .ok_or("the image has no `.eh_frame`")?;
    let pointed = (header.addr + 4).wrapping_add_signed(signed(header.addr + 4)?);
    if pointed != eh_frame.addr {
        return Err(format!(
            "the header points to {pointed:#x}, not to `.eh_frame` at {:#x}",
            eh_frame.addr
        ));
    }
    let count = image
        .number(header.addr + 8, 4)
        .ok_or("the header is short")?;
    // Frames of no bytes, and a second one of a function, leave their room.
    if header.size < 12 + 8 * count {
        return Err(format!("{count} entries in {} bytes", header.size));
    }
    let mut before = None;
    let mut found = None;
    for entry in 0..count {
        let at = header.addr + 12 + 8 * entry;
        let start = header.addr.wrapping_add_signed(signed(at)?);
        let record = header.addr.wrapping_add_signed(signed(at + 4)?);
        if before.is_some_and(|before| before >= start) {
            return Err(format!("the table is not sorted at {start:#x}"));
        }
        before = Some(start);
        if start <= pc {
            found = Some((start, record));
        }
    }
    let (start, record) = found.ok_or_else(|| format!("nothing covers {pc:#x}"))?;
    // FDE: length, CIE pointer, pc begin (pcrel|sdata4 in rustc's and LLVM's objects), range.
    let cie = (record + 4) - image.number(record + 4, 4).ok_or("the record is short")?;
    if image.number(cie + 4, 4) != Some(0) {
        return Err(format!("the record of {start:#x} does not lead to a CIE"));
    }
    let begin = (record + 8).wrapping_add_signed(signed(record + 8)?);
    if begin != start {
        return Err(format!("the table says {start:#x}, the record {begin:#x}"));
    }
    let size = image.number(record + 12, 4).ok_or("the record is short")?;
    Ok((start, size))
}

/// Start and second word of the index entry that covers an address.
pub fn exidx(image: &Image, pc: u64) -> Result<(u64, u64), String> {
    let section = image
        .section(".ARM.exidx")
        .ok_or("the image has no `.ARM.exidx`")?;
    let mut before = None;
    let mut found = None;
    for entry in 0..section.size / 8 {
        let at = section.addr + 8 * entry;
        let word = image.number(at, 4).ok_or("the index ends early")?;
        let offset = i64::from(((word as u32) << 1).cast_signed() >> 1);
        let start = at.wrapping_add_signed(offset) & 0xffff_ffff;
        if before.is_some_and(|before| before > start) {
            return Err(format!("the index is not sorted at {start:#x}"));
        }
        before = Some(start);
        if start <= pc {
            let second = image.number(at + 4, 4).ok_or("the index ends early")?;
            found = Some((start, second));
        }
    }
    found.ok_or_else(|| format!("nothing covers {pc:#x}"))
}
