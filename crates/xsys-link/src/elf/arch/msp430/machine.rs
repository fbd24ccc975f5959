//! The [`Machine`] of MSP430: its names, attributes and compiler helpers, and its instruction set for a link.

use object::elf;

use super::attributes::merge_msp430;
use super::{Msp430, helpers};
use crate::elf::arch::attributes::Conflict;
use crate::elf::arch::machine::{Link, Machine, Variant, variant};
use crate::elf::arch::{Arch, MachineOptions};

/// The machine.
pub(crate) struct Msp430Machine;

impl Machine for Msp430Machine {
    fn number(&self) -> u16 {
        elf::EM_MSP430.0
    }

    fn name(&self, _is_64: bool) -> Option<&'static str> {
        Some("msp430")
    }

    fn emulations(&self) -> &'static [Variant] {
        const { &[variant("msp430elf", 32, b'L'), variant("msp430X", 32, b'L')] }
    }

    fn formats(&self) -> &'static [Variant] {
        const { &[variant("elf32-msp430", 32, b'L')] }
    }

    fn architecture(&self, name: &str) -> Option<Option<bool>> {
        matches!(name.split(':').next(), Some("msp430" | "MSP430")).then_some(None)
    }

    fn open(&self, link: &Link<'_>) -> Option<Box<dyn Arch>> {
        if link.is_64 {
            return None;
        }
        Some(Box::new(Msp430::new(link.attributes, link.e_flags)))
    }

    fn attributes_section(&self) -> Option<&'static str> {
        Some(".MSP430.attributes")
    }

    fn merge_attributes(
        &self,
        inputs: &[(&str, &[u8])],
        _options: &MachineOptions,
    ) -> (Vec<u8>, Vec<Conflict>) {
        merge_msp430(inputs)
    }

    fn runtime(&self, _options: &MachineOptions) -> Vec<(String, Vec<u8>)> {
        vec![("compiler helpers of MSP430".to_owned(), helpers::object())]
    }
}
