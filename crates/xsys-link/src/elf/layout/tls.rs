//! The thread-local template, and offsets from the thread pointer.
//!
//! Problem: such offsets are needed when the image is written, when the TLS segment is known, and
//! during relaxation, when only the sections are known that will be in it.
//!
//! Spec: "ELF Handling For Thread-Local Storage".

use object::elf;

use super::Layout;
use super::segments::Segment;
use crate::elf::arch::{Arch, TlsVariant};

/// The thread-local template.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tls {
    /// `p_vaddr`
    pub addr: u64,
    /// `p_memsz`
    pub size: u64,
    /// `p_align`
    pub align: u64,
}

impl Tls {
    /// From PT_TLS.
    pub(crate) fn of(segment: &Segment) -> Self {
        Self {
            addr: segment.addr,
            size: segment.memory_size,
            align: segment.align.max(1),
        }
    }

    /// From the sections, while there are no segments yet.
    pub(crate) fn of_layout(layout: &Layout<'_>) -> Option<Self> {
        let outputs = layout.placement.outputs.iter().zip(&layout.extents);
        outputs
            .filter(|(output, _)| output.present && output.flags & elf::SHF_TLS.0 != 0)
            .map(|(_, extent)| Self {
                addr: extent.addr,
                size: extent.size,
                align: extent.align.max(1),
            })
            .reduce(|a, b| Self {
                addr: a.addr.min(b.addr),
                size: a.end().max(b.end()).wrapping_sub(a.addr.min(b.addr)),
                align: a.align.max(b.align),
            })
    }

    fn end(&self) -> u64 {
        self.addr.wrapping_add(self.size)
    }

    /// An address in it as an offset from the thread pointer.
    pub(crate) fn tp_offset(&self, arch: &dyn Arch, s: u64) -> u64 {
        let Tls { addr, size, align } = *self;
        let in_block = s.wrapping_sub(addr);
        let mask = align.wrapping_sub(1);
        match arch.tls() {
            TlsVariant::One { tcb, tp_bias, .. } => {
                let gap = tcb.wrapping_add(addr.wrapping_sub(tcb) & mask);
                in_block.wrapping_add(gap).wrapping_sub(tp_bias)
            }
            TlsVariant::Two => {
                let slack = addr.wrapping_add(size).wrapping_neg() & mask;
                in_block.wrapping_sub(size).wrapping_sub(slack)
            }
        }
    }
}
