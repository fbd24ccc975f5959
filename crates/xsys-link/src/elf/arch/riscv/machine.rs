//! The [`Machine`] of RISC-V: its names and attributes, and its instruction set for a link.

use object::elf;

use super::Riscv;
use super::attributes::merge_riscv;
use crate::elf::arch::attributes::Conflict;
use crate::elf::arch::machine::{Link, Machine, Variant, variant};
use crate::elf::arch::{Arch, MachineOptions};

/// The segment of `.riscv.attributes`.
pub(super) const PT_RISCV_ATTRIBUTES: u32 = 0x7000_0003;

/// The machine.
pub(crate) struct RiscvMachine;

impl Machine for RiscvMachine {
    fn number(&self) -> u16 {
        elf::EM_RISCV.0
    }

    fn name(&self, is_64: bool) -> Option<&'static str> {
        Some(if is_64 { "riscv64" } else { "riscv32" })
    }

    fn emulations(&self) -> &'static [Variant] {
        const {
            &[
                variant("elf32lriscv", 32, b'L'),
                variant("elf32lriscv_ilp32", 32, b'L'),
                variant("elf32lriscv_ilp32f", 32, b'L'),
                variant("elf64lriscv", 64, b'L'),
                variant("elf64lriscv_lp64", 64, b'L'),
                variant("elf64lriscv_lp64f", 64, b'L'),
                variant("elf32briscv", 32, b'B'),
                variant("elf64briscv", 64, b'B'),
            ]
        }
    }

    fn formats(&self) -> &'static [Variant] {
        const {
            &[
                variant("elf32-littleriscv", 32, b'L'),
                variant("elf64-littleriscv", 64, b'L'),
            ]
        }
    }

    fn architecture(&self, name: &str) -> Option<Option<bool>> {
        match name {
            "riscv:rv32" => Some(Some(false)),
            "riscv:rv64" => Some(Some(true)),
            _ => (name.split(':').next() == Some("riscv")).then_some(None),
        }
    }

    fn open(&self, link: &Link<'_>) -> Option<Box<dyn Arch>> {
        Some(Box::new(Riscv { is_64: link.is_64 }))
    }

    fn attributes_section(&self) -> Option<&'static str> {
        Some(".riscv.attributes")
    }

    fn merge_attributes(
        &self,
        inputs: &[(&str, &[u8])],
        _options: &MachineOptions,
    ) -> (Vec<u8>, Vec<Conflict>) {
        merge_riscv(inputs)
    }

    fn segment_types(&self) -> &'static [(&'static str, u32)] {
        &[("PT_RISCV_ATTRIBUTES", PT_RISCV_ATTRIBUTES)]
    }
}
