//! Which crate, feature or flag defines a symbol that a link does not find.
//!
//! Problem: "undefined symbol: _defmt_acquire" tells a newcomer nothing. The table lists names that
//! embedded and freestanding Rust programs often miss, and what defines them; names whose form tells
//! their origin (Rust's own, C++'s) need no row. The first row that matches is taken, so exact names
//! come before prefixes that cover them.

use super::resolve::Resolution;
use crate::hints::Pattern::{Exact, Prefix};
use crate::hints::{
    self, BUILTINS, HEAP_OF_C, Hint, LIBRARY_OF_C, MATHEMATICS_OF_C, MEMORY_OF_C, STACK_PROTECTION,
};

#[rustfmt::skip] // a row a few lines
const HINTS: &[Hint] = &[
    // Loggers, executors, timers.
    Hint(Exact(&["_defmt_timestamp"]),
        "define it with `defmt::timestamp!(\"…\", …)`, or link with `-Tdefmt.x`, which gives an empty one"),
    Hint(Prefix(&["_defmt_"]),
        "add a defmt logger such as `defmt-rtt` (`use defmt_rtt as _;`) and link with `-Tdefmt.x`"),
    Hint(Prefix(&["_critical_section_1_0_"]),
        "enable a critical-section implementation, for example the feature `critical-section-single-core` of `cortex-m` or `riscv`, the one of your HAL, or `std` of `critical-section` on a hosted target; where nothing else of that crate is used, `use cortex_m as _;` links it"),
    Hint(Prefix(&["_embassy_time_"]),
        "enable a time driver: a `time-driver-…` feature of your embassy HAL, or implement `embassy_time_driver::Driver`"),
    Hint(Exact(&["__pender"]),
        "enable an executor of `embassy-executor`, for example its features `arch-cortex-m` and `executor-thread`, or define `__pender` for your own"),
    Hint(Prefix(&["__embassy_", "_embassy_"]),
        "a crate of embassy asks a driver for it: enable the matching feature of your embassy HAL"),
    Hint(Exact(&["_SEGGER_RTT", "_SEGGER_RTT_"]),
        "add `rtt-target` or `defmt-rtt`, and call its initialisation"),
    Hint(Prefix(&["_log_", "__log_"]),
        "a logger is declared, but none is linked; add the crate that defines it"),
    Hint(Prefix(&["_esp_", "esp_", "__esp_"]),
        "it is ESP-IDF's or esp-hal's: link `esp-hal` with your chip's feature and `-Tlinkall.x`"),
    Hint(Exact(&["_putchar", "putchar_", "putchar"]),
        "a C `printf` wants it to write a character: define `#[unsafe(no_mangle)] extern \"C\" fn _putchar(c: core::ffi::c_char)` over your serial port"),
    Hint(Prefix(&["__getrandom_v03_custom"]),
        "the target has no source of random numbers: `getrandom` 0.3 was built with the `custom` backend; define `#[unsafe(no_mangle)] unsafe extern \"Rust\" fn __getrandom_v03_custom(dest: *mut u8, len: usize) -> Result<(), getrandom::Error>`"),
    Hint(Prefix(&["__getrandom", "_getrandom", "getrandom_custom"]),
        "the target has no source of random numbers: register one with `getrandom::register_custom_getrandom!` (feature `custom` of `getrandom` 0.2)"),
    // Runtime crates and their scripts.
    Hint(Exact(&["Reset", "__RESET_VECTOR", "__EXCEPTIONS", "DefaultHandler_", "HardFault_", "HardFaultTrampoline"]),
        "cortex-m-rt defines it: add the crate to the dependencies and use it, or rustc leaves it out: `use cortex_m_rt::entry;` with `#[entry] fn main() -> !` (a program with an entry of its own takes another script than cortex-m-rt's)"),
    Hint(Exact(&["_start", "Reset_Handler"]),
        "a bare-metal program needs an entry point: use a runtime crate (`cortex-m-rt`, `riscv-rt`, `aarch64-rt`) with its linker script, or define `#[unsafe(no_mangle)] extern \"C\" fn _start()`"),
    Hint(Exact(&["main", "__main", "_main", "kmain", "__cortex_m_rt_main"]),
        "define `main`: with a runtime crate and `#![no_main]` an `#[entry]` function, else `#[unsafe(no_mangle)] extern \"C\" fn` of that name"),
    Hint(Exact(&["__pre_init", "__post_init", "_mp_hook", "_setup_interrupts", "_start_trap", "_dispatch_exception", "_dispatch_core_interrupt", "_default_start_trap", "_default_setup_interrupts", "ExceptionHandler", "default_mp_hook"]), LINK_X),
    Hint(Exact(&["DefaultHandler", "HardFault", "NonMaskableInt", "MemoryManagement", "BusFault", "UsageFault", "SecureFault", "SVCall", "DebugMonitor", "PendSV", "SysTick"]), LINK_X),
    Hint(Exact(&["__INTERRUPTS", "__EXTERNAL_INTERRUPTS", "__CORE_INTERRUPTS"]),
        "enable the feature `rt` of your chip's peripheral access crate, or leave out `device` of cortex-m-rt where there is none"),
    Hint(Exact(&["__stack_chk_fail", "__stack_chk_guard"]), STACK_PROTECTION),
    Hint(Exact(&["_stack_start", "_stack_end", "_stack_size", "_estack", "__stack", "_sidata", "__sidata", "__sheap", "__eheap", "_sheap", "_heap_start", "_heap_end", "_heap_size", "_end", "end", "__end__", "_hart_stack_size", "_max_hart_id", "__global_pointer$", "__euninit", "__suninit", "_ram_start", "_ram_end"]), SCRIPT),
    Hint(Prefix(&["__bss_", "_bss_", "__sbss", "__ebss", "_sbss", "_ebss", "__sdata", "__edata", "_sdata", "_edata", "__data_", "_data_", "__stext", "__etext", "_stext", "_etext", "__srodata", "__erodata", "__veneer_", "__init_array_", "__fini_array_", "__preinit_array_", "__stack_", "__heap_", "__vector_table"]), SCRIPT),
    Hint(Exact(&["__aeabi_unwind_cpp_pr0", "__aeabi_unwind_cpp_pr1", "__aeabi_unwind_cpp_pr2"]), UNWIND),
    Hint(Exact(&["__aeabi_read_tp"]),
        "thread-local variables need a thread pointer: the operating system or libc gives `__aeabi_read_tp`; a program without both should use statics or a critical section"),
    // Arithmetic and memory: compiler_builtins.
    Hint(Exact(MEMORY_OF_C), MEM),
    Hint(Prefix(&["__aeabi_mem"]), MEM),
    Hint(Prefix(&["__aeabi_"]), BUILTINS),
    Hint(Prefix(&["__mspabi_"]),
        "this is a missing compiler helper of MSP430: the linker has those for 16 and 32 bits, `compiler_builtins` what they are made of; do without 64-bit arithmetic and `f64`, or define a function of that name with the calling convention of SLAA534"),
    Hint(Exact(&["__mulsi3", "__mulhi3", "__mulqi3", "__mulhisi3", "__umulhisi3", "__muluhisi3", "__udivmodqi4", "__udivmodhi4", "__udivmodsi4", "__divmodqi4", "__divmodhi4", "__divmodsi4", "__tablejump2__", "__tablejump__", "__prologue_saves__", "__epilogue_restores__"]),
        "this is a missing compiler helper of AVR: `compiler_builtins` has the unsigned divisions and everything on 32 bits and more (link the sysroot's), the linker has products and signed divisions where `-mmcu=DEVICE` names a device; `-lgcc` has all"),
    Hint(Prefix(&["__do_copy_data", "__do_clear_bss"]),
        "AVR start code gives it: pass `-mmcu=DEVICE`, then the linker adds its own, or copy `.data` and clear `.bss` yourself"),
    Hint(Prefix(&["__sync_"]), ATOMIC),
    Hint(Prefix(&["__atomic_"]), ATOMIC),
    Hint(Prefix(&["__tls_get_addr", "___tls_get_addr", "__tls_get_offset"]),
        "the object uses a TLS model that a static link cannot serve; compile with `-Ztls-model=local-exec`"),
    Hint(Prefix(&["_Unwind_"]), UNWIND),
    Hint(Prefix(&["_GLOBAL_OFFSET_TABLE_", "_DYNAMIC"]),
        "an object was compiled for a dynamically linked program; compile it with `-Crelocation-model=static`"),
    Hint(Exact(&["setjmp", "longjmp", "_setjmp", "sigsetjmp", "siglongjmp"]), LIBC),
    Hint(Exact(HEAP_OF_C),
        "C code wants a heap: link a libc (`-lc`), or define these over your `#[global_allocator]`"),
    Hint(Exact(&["_sbrk", "_write", "_read", "_close", "_lseek", "_fstat", "_isatty", "_exit", "_kill", "_getpid", "_gettimeofday", "_open"]),
        "newlib wants it from the system: define it, or link `--specs=nosys.specs`'s `-lnosys`"),
    Hint(Exact(LIBRARY_OF_C), LIBC),
    Hint(Exact(MATHEMATICS_OF_C),
        "this is a function of the C mathematics library: without a libc use the crate `libm` (or its functions through `num-traits` with the feature `libm`)"),
    Hint(Prefix(&["pthread_", "sem_", "sched_"]), LIBC),
    Hint(Prefix(&["arm_", "riscv_"]),
        "DSP libraries name their functions so: link CMSIS-DSP (`-l:libCMSISDSP.a`) or the vendor's library"),
];

const MEM: &str = "the target has no libc: build `compiler_builtins` with its `mem` feature (xsys does so for targets without an operating system)";
const SCRIPT: &str = "linker scripts define such names: pass the runtime's or your own with `-T`, for cortex-m-rt and riscv-rt `-Clink-arg=-Tlink.x`";
const LINK_X: &str =
    "link with the runtime's script, which gives it a default: `-Clink-arg=-Tlink.x`";
const UNWIND: &str = "without std: compile program and sysroot with `panic = \"abort\"`; std calls an unwinder whatever panics do: link `libunwind.a`, which rustup's musl targets have in `self-contained` (`rustup target add`)";
const ATOMIC: &str = "the core has no such atomic operation: use `portable-atomic` (with its feature `critical-section` or `unsafe-assume-single-core`), or link a libatomic";
const LIBC: &str = "this is a function of the C library: link one (`-lc`), or, in Rust, a crate that defines it such as `tinyrlibc`";

/// What to do about an undefined symbol, if it is a known one.
pub(crate) fn for_symbol(name: &str) -> Option<String> {
    hints::find(HINTS, name)
}

/// The defined symbol whose demangled name is most like this one.
pub(crate) fn similar_symbol(resolution: &Resolution<'_>, name: &str) -> Option<String> {
    let names = resolution
        .symbols
        .iter()
        .filter(|symbol| {
            !matches!(
                symbol.definition,
                crate::elf::symbols::resolve::Definition::Undefined
                    | crate::elf::symbols::resolve::Definition::Lazy { .. }
            ) && symbol.name.len().abs_diff(name.len()) <= name.len() / 3 + 1
        })
        .filter_map(|symbol| std::str::from_utf8(symbol.name).ok())
        .filter(|other| *other != name);
    let close = xsys_diag::did_you_mean(name, names)?;
    Some(crate::elf::names::demangle(close.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_explained() {
        for (name, part) in [
            ("_defmt_acquire", "defmt-rtt"),
            ("_defmt_timestamp", "timestamp!"),
            ("memcpy", "`mem` feature"),
            ("__aeabi_memclr4", "`mem` feature"),
            ("__aeabi_uidiv", "compiler helper"),
            ("__aeabi_unwind_cpp_pr0", "panic = \"abort\""),
            ("__aeabi_read_tp", "thread pointer"),
            ("__mspabi_mpyi", "MSP430"),
            ("__mulsi3", "compiler helper"),
            ("__udivdi3", "compiler helper"),
            ("__umodti3", "compiler helper"),
            ("__floatundidf", "compiler helper"),
            ("__truncdfsf2", "compiler helper"),
            (
                "_critical_section_1_0_acquire",
                "critical-section-single-core",
            ),
            ("_embassy_time_now", "time driver"),
            ("__pender", "embassy-executor"),
            ("rust_begin_unwind", "#[panic_handler]"),
            ("rust_eh_personality", "panic=abort"),
            ("_start", "entry point"),
            ("main", "#[entry]"),
            ("__pre_init", "-Tlink.x"),
            ("DefaultHandler", "-Tlink.x"),
            ("HardFault", "-Tlink.x"),
            ("_stack_start", "linker scripts"),
            ("__sbss", "linker scripts"),
            ("__INTERRUPTS", "peripheral access crate"),
            ("__getrandom_v03_custom", "0.3"),
            ("__getrandom_custom", "register_custom_getrandom"),
            ("__rust_alloc_zeroed", "global_allocator"),
            ("_Unwind_Resume", "panic = \"abort\""),
            ("Reset", "use cortex_m_rt::entry;"),
            ("DefaultHandler_", "use cortex_m_rt::entry;"),
            ("__atomic_load_8", "portable-atomic"),
            ("__sync_fetch_and_add_4", "portable-atomic"),
            ("__tls_get_addr", "local-exec"),
            ("__cxa_throw", "-fno-exceptions"),
            ("__stack_chk_fail", "-fno-stack-protector"),
            ("_ZN3foo3barEv", "C++"),
            ("_ZN5serde2de5Error17h0123456789abcdefE", "crate `serde`"),
            ("_RNvCs1234_7mycrate3foo", "crate `mycrate`"),
            ("_putchar", "serial port"),
            ("setjmp", "C library"),
            ("sinf", "libm"),
            ("malloc", "global_allocator"),
            ("_sbrk", "newlib"),
            ("__start_table", "C identifier"),
            ("__wrap_malloc", "--wrap"),
        ] {
            let hint = for_symbol(name).unwrap_or_default();
            assert!(hint.contains(part), "{name}: {hint}");
        }
        for name in ["my_function", "__mycrate_add", "sine", "_Start"] {
            assert_eq!(for_symbol(name), None, "{name}");
        }
    }

    #[test]
    fn every_row_can_be_reached() {
        hints::check_order(HINTS);
    }
}
