//! Which target, crate, library or option provides a symbol that is undefined in a wasm link.
//!
//! Problem: wasm programs get symbols from places that other programs do not have: imports from the host, JavaScript
//! glue, WASI's libc. The names that are known to be missed are listed here; what applies to ELF, too, is in
//! [`crate::hints`].

use crate::hints::Pattern::{Exact, Prefix};
use crate::hints::{
    self, HEAP_OF_C, Hint, LIBRARY_OF_C, MATHEMATICS_OF_C, MEMORY_OF_C, STACK_PROTECTION,
};

#[rustfmt::skip] // a row a few lines
const HINTS: &[Hint] = &[
    // JavaScript and its glue.
    Hint(Exact(&["__wbindgen_malloc", "__wbindgen_realloc", "__wbindgen_free", "__wbindgen_exn_store"]),
        "the crate `wasm-bindgen` exports it: link it in the version of the `wasm-bindgen` program"),
    Hint(Prefix(&["__wbindgen_", "__wbg_"]),
        "it comes from the JavaScript that `wasm-bindgen` writes: all crates must use one version of `wasm-bindgen` (`cargo tree -i wasm-bindgen`), and its program must run on the output"),
    Hint(Prefix(&["emscripten_", "_emscripten_", "em_", "invoke_", "__syscall_"]),
        "it is Emscripten's: build for `wasm32-unknown-emscripten`, which links with `emcc`, or do without"),
    Hint(Prefix(&["__getrandom_v03_custom"]),
        "`getrandom` was built with its `custom` backend: define `#[unsafe(no_mangle)] unsafe extern \"Rust\" fn __getrandom_v03_custom(dest: *mut u8, len: usize) -> Result<(), getrandom::Error>`, or, where there is JavaScript, use the feature `wasm_js` and `--cfg getrandom_backend=\"wasm_js\"`"),
    Hint(Prefix(&["__getrandom", "_getrandom", "getrandom_custom"]),
        "the target has no source of random numbers: use the feature `js` of `getrandom` 0.2, or register one with `getrandom::register_custom_getrandom!`"),
    Hint(Prefix(&["_critical_section_1_0_"]),
        "enable a critical-section implementation: the feature `std` of `critical-section`, or `critical_section::set_impl!` in a program without threads"),
    Hint(Prefix(&["_embassy_time_"]),
        "enable a time driver: the feature `wasm` of `embassy-time`, or implement `embassy_time_driver::Driver`"),
    Hint(Exact(&["__pender"]),
        "enable an executor of `embassy-executor`, for example its features `arch-wasm` and `executor-thread`"),
    // WASI.
    Hint(Prefix(&["__wasi_", "__imported_wasi_", "__wasilibc_", "__component_type_"]),
        "it is WASI's libc: build for `wasm32-wasip1` or `wasm32-wasip2`, which link it by themselves"),
    Hint(Exact(&["main", "__main_void", "__main_argc_argv", "__original_main", "_start"]),
        "a program needs `fn main`; a library has no start: make it a `cdylib`, or pass `--no-entry`"),
    Hint(Exact(&["setjmp", "longjmp", "__wasm_setjmp", "__wasm_setjmp_test", "__wasm_longjmp", "__c_longjmp", "sigsetjmp", "siglongjmp"]),
        "C's `longjmp` is built on wasm exceptions: link `-lsetjmp` of wasi-sdk 25 or later, and compile with `-mllvm -wasm-enable-sjlj`"),
    Hint(Prefix(&["pthread_", "sem_", "sched_"]),
        "only `wasm32-wasip1-threads` has C's threads; Rust's own work with `xsys build --threads`, too"),
    // Threads.
    Hint(Exact(&["__wasm_init_tls", "__tls_size", "__tls_align", "__wasm_init_memory", "__wasm_init_memory_flag"]),
        "the linker makes it for programs with threads: pass `--shared-memory` (`xsys build --threads` does)"),
    Hint(Prefix(&["__atomic_", "__sync_"]),
        "atomic operations as functions are libatomic's: compile with `-Ctarget-feature=+atomics` (`-matomics` in C), or use a smaller type"),
    // Exceptions.
    Hint(Exact(&["__cpp_exception"]),
        "the unwinder defines this tag: build the standard library with `panic = \"unwind\"` (`xsys build` does where the profile says so), or compile with `panic = \"abort\"`"),
    Hint(Prefix(&["_Unwind_", "__gxx_wasm_personality", "__wasm_lpad_context"]),
        "it belongs to the unwinder: compile with `panic = \"abort\"` (C++ with `-fno-exceptions`), or link `-lunwind` of wasi-sdk"),
    // C.
    Hint(Exact(&["__stack_chk_fail", "__stack_chk_guard"]), STACK_PROTECTION),
    Hint(Exact(MEMORY_OF_C),
        "`compiler_builtins` defines it with its `mem` feature: link the sysroot's `core`, not only an object of your own"),
    Hint(Exact(HEAP_OF_C),
        "C code wants a heap: build for `wasm32-wasip1`, whose libc has one, or define these over your `#[global_allocator]`"),
    Hint(Exact(LIBRARY_OF_C), LIBC),
    Hint(Exact(&["clock_gettime", "gettimeofday", "nanosleep", "usleep", "sleep", "getpid", "fopen", "fclose", "fread", "fwrite", "fputs", "fputc", "putchar", "getentropy", "getcwd"]), LIBC),
    Hint(Exact(MATHEMATICS_OF_C),
        "this is a function of the C mathematics library, which the target lacks: use the crate `libm`, or build for `wasm32-wasip1`"),
    Hint(Exact(&["dlopen", "dlsym", "dlclose", "dlerror", "fork", "execve", "waitpid", "kill", "mmap", "munmap", "socket", "signal", "raise"]),
        "wasm modules have no such system call: do without it; for some, wasi-sdk has imitations (`-lwasi-emulated-signal`, `-lwasi-emulated-mman`, `-lwasi-emulated-process-clocks`)"),
];

const LIBC: &str = "this is a function of the C library, which `wasm32-unknown-unknown` lacks: build for `wasm32-wasip1`, which links its own, or, in Rust, use a crate that defines it such as `tinyrlibc`";

/// What to do about an undefined symbol, if it is a known one.
pub(crate) fn for_symbol(name: &str) -> Option<String> {
    hints::find(HINTS, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_explained() {
        for (name, part) in [
            ("malloc", "#[global_allocator]"),
            ("memcpy", "compiler_builtins"),
            ("printf", "wasm32-wasip1"),
            ("__cxa_throw", "C++ runtime"),
            ("__wbindgen_describe", "one version of `wasm-bindgen`"),
            ("__getrandom_v03_custom", "wasm_js"),
            ("__cpp_exception", "panic = \"abort\""),
            ("pthread_create", "threads"),
            ("rust_begin_unwind", "#[panic_handler]"),
            ("__rust_alloc", "#[global_allocator]"),
            ("__udivti3", "compiler helper"),
            ("_ZN3foo3barEv", "C++"),
            ("_ZN5serde2de5Error17h0123456789abcdefE", "crate `serde`"),
        ] {
            let hint = for_symbol(name).unwrap_or_default();
            assert!(hint.contains(part), "{name}: {hint}");
        }
        assert_eq!(for_symbol("my_function"), None);
    }

    #[test]
    fn every_row_can_be_reached() {
        hints::check_order(HINTS);
    }
}
