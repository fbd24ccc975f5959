//! Where the stack is, by the symbols that runtimes define for its ends, and how deep it gets.
//!
//! Problem: ELF does not say where the stack of a bare-metal program is. Runtimes use a few symbols that
//! their scripts assign: cortex-m-rt, riscv-rt and esp-hal (`_stack_start`), ST's and Arm's
//! CMSIS packages (`_estack`, `__StackTop`), newlib and MSP430 (`__stack`).

mod depth;
mod graph;
mod report;
mod sizes;

use crate::elf::arch::Arch;
use crate::elf::layout::Addresses;
use crate::options::OutputKind;
pub(crate) use report::report;

/// The finished layout.
#[derive(Clone, Copy)]
pub(crate) struct StackContext<'l, 'a> {
    /// Where everything is.
    pub addresses: Addresses<'l, 'a>,
    /// Reads relocations.
    pub arch: &'l dyn Arch,
    /// What is made.
    pub kind: OutputKind,
}
