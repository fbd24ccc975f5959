//! Numbers and names of ELF specifications that the crate `object` does not have, and names that several passes look for.

/// SHT_ARM_EXIDX
pub(super) const SHT_ARM_EXIDX: u32 = 0x7000_0001;

/// The segment of that section.
pub(super) const PT_ARM_EXIDX: u32 = 0x7000_0001;

/// SHT_ARM_ATTRIBUTES and SHT_RISCV_ATTRIBUTES
pub(super) const SHT_ATTRIBUTES: u32 = 0x7000_0003;

/// SHF_ARM_PURECODE and SHF_AARCH64_PURECODE: code that may only be executed, not read.
pub(super) const SHF_PURECODE: u64 = 0x2000_0000;

/// The prefix of a secure entry function's second name (ECM0359818).
pub(super) const CMSE_SPECIAL: &[u8] = b"__acle_se_";

/// Symbols at which a heap begins that takes the rest of the memory.
pub(super) const HEAPS: [&str; 8] = [
    "__sheap",
    "_sheap",
    "_heap_start",
    "__heap_start",
    "__HeapBase",
    "__end__",
    "_end",
    "end",
];

/// Symbols that runtimes use for the stack's far end.
pub(super) const STACK_LIMITS: [&str; 7] = [
    "_stack_end",
    "__StackLimit",
    "__stack_limit",
    "_stack_limit",
    "_stack_bottom",
    "__stack_bottom",
    "_stack_end_cpu0",
];

/// Symbols that runtimes use for the initial stack pointer.
pub(super) const STACK_TOPS: [&str; 10] = [
    "_stack_start",
    "_estack",
    "__StackTop",
    "__stack_top",
    "_stack_top",
    "__stack",
    "_initial_sp",
    "__initial_sp",
    "__INITIAL_SP",
    "_stack_start_cpu0",
];
