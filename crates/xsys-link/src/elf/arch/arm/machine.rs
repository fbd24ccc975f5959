//! The [`Machine`] of Arm: its names and attributes, and its instruction set for a link.

use object::{Endianness, elf};
use xsys_diag::Diagnostic;

use super::attributes::{arm_core, arm_has_cmse, merge_arm, tag};
use super::{Arm, Core, Order, be8};
use crate::elf::arch::attributes::Conflict;
use crate::elf::arch::machine::{Link, Machine, Variant, variant};
use crate::elf::arch::{Arch, MachineOptions};
use crate::elf::consts::PT_ARM_EXIDX;

/// The machine.
pub(crate) struct ArmMachine;

impl Machine for ArmMachine {
    fn number(&self) -> u16 {
        elf::EM_ARM.0
    }

    fn name(&self, _is_64: bool) -> Option<&'static str> {
        Some("arm")
    }

    fn emulations(&self) -> &'static [Variant] {
        const {
            &[
                variant("armelf", 32, b'L'),
                variant("armelfb", 32, b'B'),
                variant("armelf_linux_eabi", 32, b'L'),
                variant("armelfb_linux_eabi", 32, b'B'),
                variant("armelf_linux", 32, b'L'),
            ]
        }
    }

    fn formats(&self) -> &'static [Variant] {
        const {
            &[
                variant("elf32-bigarm", 32, b'B'),
                variant("elf32-littlearm", 32, b'L'),
            ]
        }
    }

    fn architecture(&self, name: &str) -> Option<Option<bool>> {
        name.starts_with("arm").then_some(None)
    }

    fn open(&self, link: &Link<'_>) -> Option<Box<dyn Arch>> {
        if link.is_64 {
            return None;
        }
        let options = link.options;
        let core = link.attributes.map_or(Core::V7, arm_core);
        Some(Box::new(Arm {
            order: match (link.endian, options.be8) {
                (Endianness::Little, _) => Order::Little,
                (Endianness::Big, true) => Order::Be8,
                (Endianness::Big, false) => Order::Be32,
            },
            target1_rel: options.target1_rel,
            fix_v4bx: options.fix_v4bx,
            target2: options.target2,
            pic: options.pic_thunks || link.pic,
            secure: link.attributes.is_some_and(arm_has_cmse),
            ..Arm::new(core)
        }))
    }

    fn links_big_endian(&self) -> bool {
        true
    }

    fn check(&self, link: &Link<'_>, diagnostics: &mut Vec<Diagnostic>) {
        be8::check(link, diagnostics);
    }

    fn attributes_section(&self) -> Option<&'static str> {
        Some(".ARM.attributes")
    }

    fn merge_attributes(
        &self,
        inputs: &[(&str, &[u8])],
        options: &MachineOptions,
    ) -> (Vec<u8>, Vec<Conflict>) {
        let (merged, mut conflicts) = merge_arm(inputs);
        conflicts.retain(|conflict| match conflict.tag {
            tag::PCS_WCHAR_T => !options.no_wchar_size_warning,
            tag::ENUM_SIZE => !options.no_enum_size_warning,
            _ => true,
        });
        (merged, conflicts)
    }

    fn mode_bit(&self) -> u64 {
        1
    }

    fn segment_types(&self) -> &'static [(&'static str, u32)] {
        &[("PT_ARM_EXIDX", PT_ARM_EXIDX)]
    }
}
