//! Which crate, feature or flag gives a symbol that nothing defines.
//!
//! Problem: "undefined symbol: `_defmt_acquire`" tells a newcomer nothing. The table maps names that
//! embedded and freestanding Rust programs are known to miss to what brings them.

/// How a pattern matches.
enum Pattern {
    Exact(&'static str),
    Prefix(&'static str),
}

use Pattern::{Exact, Prefix};

const HINTS: &[(Pattern, &str)] = &[
    (
        Prefix("_defmt_"),
        "add a defmt logger such as `defmt-rtt` (`use defmt_rtt as _;`) and link with `-Tdefmt.x`",
    ),
    (Exact("memcpy"), MEM),
    (Exact("memmove"), MEM),
    (Exact("memset"), MEM),
    (Exact("memcmp"), MEM),
    (Exact("bcmp"), MEM),
    (Exact("strlen"), MEM),
    (Prefix("__aeabi_"), BUILTINS),
    (Prefix("__mspabi_"), BUILTINS),
    (Exact("__udivsi3"), BUILTINS),
    (Exact("__mulsi3"), BUILTINS),
    (Exact("__udivti3"), BUILTINS),
    (
        Prefix("_critical_section_1_0_"),
        "enable a critical-section implementation, for example the feature `critical-section-single-core` of `cortex-m` or `riscv`, or `std` of `critical-section` on a hosted target",
    ),
    (
        Prefix("_embassy_time_"),
        "enable a time driver: a `time-driver-…` feature of your embassy HAL, or implement `embassy_time_driver::Driver`",
    ),
    (
        Exact("__pender"),
        "enable an executor of `embassy-executor`, for example the feature `arch-cortex-m` with `executor-thread`",
    ),
    (
        Exact("rust_begin_unwind"),
        "a `no_std` program needs a `#[panic_handler]`; add one, or a crate such as `panic-halt` (`use panic_halt as _;`)",
    ),
    (
        Exact("rust_eh_personality"),
        "compile with `-Cpanic=abort` (in the profile: `panic = \"abort\"`), or link `std`",
    ),
    (Exact("__rust_alloc"), ALLOCATOR),
    (Prefix("__rust_"), ALLOCATOR),
    (
        Exact("_start"),
        "a bare-metal program needs an entry point: use a runtime crate (`cortex-m-rt`, `riscv-rt`, `aarch64-rt`) with its linker script, or define `#[unsafe(no_mangle)] extern \"C\" fn _start()`",
    ),
    (
        Exact("main"),
        "define `main`, or with `#![no_main]` an `#[entry]` function of your runtime crate",
    ),
    (
        Exact("__pre_init"),
        "link with the runtime's script: `-Clink-arg=-Tlink.x`",
    ),
    (
        Exact("DefaultHandler"),
        "link with the runtime's script: `-Clink-arg=-Tlink.x`",
    ),
    (Exact("_sidata"), SCRIPT),
    (Exact("__sidata"), SCRIPT),
    (Exact("_stack_start"), SCRIPT),
    (Exact("__bss_start"), SCRIPT),
    (Exact("__bss_end"), SCRIPT),
    (Prefix("__sbss"), SCRIPT),
    (Prefix("__ebss"), SCRIPT),
    (Prefix("__sdata"), SCRIPT),
    (Prefix("__edata"), SCRIPT),
    (
        Exact("__INTERRUPTS"),
        "enable the feature `rt` of your chip's peripheral access crate, or of cortex-m-rt `device`",
    ),
    (Exact("_Unwind_Resume"), UNWIND),
    (Prefix("_Unwind_"), UNWIND),
    (
        Exact("__tls_get_addr"),
        "the object uses a TLS model that a static link cannot serve; compile with `-Ztls-model=local-exec`",
    ),
];

const MEM: &str = "the target has no libc: build `compiler_builtins` with its `mem` feature (xsys does so for targets without an operating system)";
const BUILTINS: &str = "this is a compiler helper of `compiler_builtins`; make sure that the sysroot's `core` is linked, not only an object of your own";
const SCRIPT: &str = "linker scripts define such names: pass the runtime's or your own with `-T`, for cortex-m-rt and riscv-rt `-Clink-arg=-Tlink.x`";
const ALLOCATOR: &str = "a program that links `alloc` needs a `#[global_allocator]`";
const UNWIND: &str = "compile with `-Cpanic=abort` (in the profile: `panic = \"abort\"`), or link an unwinder (`libunwind.a` comes with a musl target)";

/// What to do about an undefined symbol, if it is a known one.
pub fn for_symbol(name: &str) -> Option<&'static str> {
    HINTS
        .iter()
        .find(|(pattern, _)| match pattern {
            Exact(exact) => *exact == name,
            Prefix(prefix) => name.starts_with(prefix),
        })
        .map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_match_counts() {
        assert!(
            super::for_symbol("_defmt_write")
                .unwrap()
                .contains("defmt-rtt")
        );
        assert!(
            super::for_symbol("__rust_alloc_zeroed")
                .unwrap()
                .contains("global_allocator")
        );
        assert_eq!(super::for_symbol("my_function"), None);
    }
}
