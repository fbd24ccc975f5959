//! An image cut into the pieces that blocks carry.

use crate::load::Image;

/// What every boot loader accepts, and a flash page on those that write in pages.
pub(super) const PAYLOAD: usize = 256;

/// A page's address and contents.
pub(super) type Page = (u32, [u8; PAYLOAD]);

/// Pages that hold anything.
pub(super) fn pages(image: &Image<'_>, fill: u8) -> Vec<Page> {
    // Pages by ascending address; two pieces may share one.
    let mut pages: Vec<Page> = Vec::new();
    for piece in &image.pieces {
        let mut addr = piece.addr;
        let mut rest = piece.data;
        while !rest.is_empty() {
            let inside = (addr % PAYLOAD as u64) as usize;
            // Checked before: every address fits 32 bits.
            let page = (addr - inside as u64) as u32;
            if pages.last().is_none_or(|&(last, _)| last != page) {
                pages.push((page, [fill; PAYLOAD]));
            }
            let (now, later) = rest.split_at(rest.len().min(PAYLOAD - inside));
            if let Some((_, bytes)) = pages.last_mut() {
                bytes[inside..inside + now.len()].copy_from_slice(now);
            }
            addr += now.len() as u64;
            rest = later;
        }
    }

    pages
}
