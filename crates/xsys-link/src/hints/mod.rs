//! Which crate, feature or flag defines a symbol that a link does not find: what both linkers know.
//!
//! Problem: a bare "undefined symbol" tells a newcomer nothing. Each linker has a table of names that
//! its programs often miss (`elf/symbols/hints`, `wasm/hints`). Here are the rows for both, lists of
//! C's names, and names whose form tells their origin (Rust's own, C++'s, compiler helpers'). The
//! first row that matches is taken, so exact names come before prefixes that cover them.

pub mod origin;

/// How a pattern matches.
pub enum Pattern {
    /// One of these names.
    Exact(&'static [&'static str]),
    /// A name that begins with one of these.
    Prefix(&'static [&'static str]),
}

use Pattern::{Exact, Prefix};

/// Names and what to do about them.
pub struct Hint(pub Pattern, pub &'static str);

#[rustfmt::skip] // a row a few lines
const SHARED: &[Hint] = &[
    Hint(Exact(&["rust_eh_personality"]),
        "compile with `-Cpanic=abort` (in the profile: `panic = \"abort\"`), or link `std`"),
    Hint(Exact(&["rust_begin_unwind"]), PANIC_HANDLER),
    Hint(Prefix(&["rust_panic", "__rust_start_panic", "__rust_panic_cleanup"]), PANIC_HANDLER),
    Hint(Prefix(&["__rust_probestack"]), BUILTINS),
    Hint(Prefix(&["__rust_alloc", "__rust_dealloc", "__rust_realloc", "__rust_no_alloc_shim", "__rg_", "__rdl_"]), ALLOCATOR),
    Hint(Prefix(&["__rust_"]), ALLOCATOR),
    Hint(Prefix(&["__cxa_", "__gxx_personality", "__dso_handle", "__cxxabiv1"]),
        "this belongs to the C++ runtime: link `-lc++abi` or `-lsupc++`, or compile the C++ code with `-fno-exceptions -fno-rtti -fno-use-cxa-atexit -fno-threadsafe-statics`"),
    Hint(Prefix(&["__ubsan_", "__asan_", "__msan_", "__tsan_", "__sanitizer_", "__sancov"]),
        "an object was compiled with a sanitizer, whose runtime is not linked; compile it without `-fsanitize`"),
    Hint(Prefix(&["__llvm_profile_", "__profc_"]),
        "an object was compiled for profiling, whose runtime is not linked; compile it without `-Cinstrument-coverage` and `-fprofile-…`"),
    Hint(Prefix(&["__wrap_"]),
        "`--wrap` sends references there: define the function of that name, or leave the option out"),
    Hint(Prefix(&["__real_"]),
        "only `--wrap` gives this name a meaning: pass `--wrap=` with the name behind `__real_`"),
    Hint(Prefix(&["__start_", "__stop_"]),
        "the linker defines it for a section whose name is a C identifier, and no input has a section of that name that is kept; place one with `#[unsafe(link_section = \"…\")]` and `#[used]`"),
];

/// C's heap.
pub const HEAP_OF_C: &[&str] = &[
    "malloc",
    "calloc",
    "realloc",
    "free",
    "aligned_alloc",
    "posix_memalign",
];
/// Functions of C that compilers generate calls of.
pub const MEMORY_OF_C: &[&str] = &["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"];
/// The most used functions of the C library.
#[rustfmt::skip] // one long list
pub const LIBRARY_OF_C: &[&str] = &["abort", "exit", "atexit", "printf", "puts", "sprintf", "snprintf", "vsnprintf", "fprintf", "strcmp", "strncmp", "strcpy", "strncpy", "strcat", "strchr", "strrchr", "strstr", "strtol", "strtoul", "atoi", "qsort", "rand", "memchr", "__errno_location", "__errno", "errno", "__assert_func", "__assert_fail", "getenv", "write", "read", "open", "close", "time", "clock", "isalpha", "isdigit", "isspace", "toupper", "tolower", "_impure_ptr", "_ctype_", "_ctype_b", "stdout", "stderr"];
/// C's `math.h`.
#[rustfmt::skip] // one long list
pub const MATHEMATICS_OF_C: &[&str] = &["sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sqrt", "pow", "exp", "log", "log10", "log2", "floor", "ceil", "round", "trunc", "fmod", "fma", "sinf", "cosf", "tanf", "asinf", "acosf", "atanf", "atan2f", "sqrtf", "powf", "expf", "logf", "log10f", "log2f", "floorf", "ceilf", "roundf", "truncf", "fmodf", "fmaf", "hypot", "hypotf", "cbrt", "cbrtf", "tgamma", "lgamma"];

/// Advice for objects with stack protection.
pub const STACK_PROTECTION: &str = "an object was compiled with stack protection: compile it with `-fno-stack-protector`, or define both names";
/// Advice for compiler helpers.
pub const BUILTINS: &str = "this is a compiler helper of `compiler_builtins`; make sure that the sysroot's `core` is linked, not only an object of your own";
const ALLOCATOR: &str = "a program that links `alloc` needs a `#[global_allocator]`";
const PANIC_HANDLER: &str = "a `no_std` program needs a `#[panic_handler]`; add one, or a crate such as `panic-halt` (`use panic_halt as _;`)";

/// Suffixes of compiler-rt's and libgcc's helpers: their modes (`si3`, `ti2`, …).
const MODES: [&str; 24] = [
    "qi3", "hi3", "si3", "di3", "ti3", "qi4", "hi4", "si4", "di4", "ti4", "si2", "di2", "ti2",
    "sf3", "df3", "tf3", "hf2", "sf2", "df2", "tf2", "sfsi", "dfsi", "sfdi", "dfdi",
];
/// Helpers without such a suffix (conversions and the like), by how they begin.
const OPERATIONS: [&str; 28] = [
    "__udiv",
    "__umod",
    "__div",
    "__mod",
    "__mul",
    "__add",
    "__sub",
    "__neg",
    "__ashl",
    "__ashr",
    "__lshr",
    "__clz",
    "__ctz",
    "__ffs",
    "__popcount",
    "__parity",
    "__bswap",
    "__cmp",
    "__ucmp",
    "__eq",
    "__ne",
    "__gt",
    "__ge",
    "__lt",
    "__le",
    "__unord",
    "__trunc",
    "__extend",
];
const CONVERSIONS: [&str; 4] = ["__float", "__fix", "__gnu_f2h_", "__gnu_h2f_"];

/// What to do about an undefined symbol, if it is a known one. A linker's own table has priority over
/// the rows for both.
pub fn find(own: &[Hint], name: &str) -> Option<String> {
    let known = row(own, name).or_else(|| row(SHARED, name));
    if let Some((_, Hint(_, text))) = known {
        return Some((*text).to_owned());
    }
    let helper = (OPERATIONS.iter().any(|start| name.starts_with(start))
        && MODES.iter().any(|end| name.ends_with(end)))
        || CONVERSIONS.iter().any(|start| name.starts_with(start));
    if helper {
        return Some(BUILTINS.to_owned());
    }
    if let Some(krate) = origin::of_symbol(name) {
        return Some(format!(
            "it belongs to the crate `{krate}`, which is not linked, or only in another version: objects and `.rlib` files must come from one build (`cargo clean` if in doubt)"
        ));
    }
    name.starts_with("_Z").then(|| {
        "the name is C++'s: link the object or library that defines it (and `-lc++` or `-lstdc++`), or declare the function `extern \"C\"` on both sides"
            .to_owned()
    })
}

/// What to do about a name that is defined twice.
pub fn for_duplicate(name: &[u8]) -> &'static str {
    match name {
        b"rust_begin_unwind" => {
            "a program has one `#[panic_handler]`: remove all but one of the crates that give one (`panic-halt`, `panic-probe`, …)"
        }
        b"_defmt_acquire" | b"_defmt_write" | b"_defmt_release" => {
            "a program has one defmt logger: remove all but one (`defmt-rtt`, `defmt-serial`, …)"
        }
        b"_critical_section_1_0_acquire" | b"_critical_section_1_0_release" => {
            "a program has one critical-section implementation: enable the feature in one crate only"
        }
        b"memcpy" | b"memmove" | b"memset" | b"memcmp" | b"bcmp" | b"strlen" => {
            "the sysroot's `compiler_builtins` gives it weakly with its `mem` feature: make your own weak too, or remove it"
        }
        b"__pender" => {
            "a program has one embassy executor per kind: enable the feature in one crate only"
        }
        b"_start" | b"Reset" | b"main" => {
            "a program has one entry point: remove one, or one of the two runtime crates"
        }
        _ => {
            "link only one of the two, make one of them weak or local, or rename it (two versions of one crate define its `#[no_mangle]` names twice: see `cargo tree -d`)"
        }
    }
}

fn row<'t>(table: &'t [Hint], name: &str) -> Option<(usize, &'t Hint)> {
    table
        .iter()
        .enumerate()
        .find(|(_, Hint(pattern, _))| match pattern {
            Exact(names) => names.contains(&name),
            Prefix(names) => names.iter().any(|prefix| name.starts_with(prefix)),
        })
}

/// A row behind one that covers it would never be seen.
#[cfg(test)]
pub fn check_order(table: &[Hint]) {
    for (at, Hint(pattern, text)) in table.iter().enumerate() {
        let (Exact(names) | Prefix(names)) = pattern;
        for name in *names {
            let first = row(table, name).map(|(first, _)| first);
            assert_eq!(first, Some(at), "{name}: {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shared_row_can_be_reached() {
        check_order(SHARED);
    }
}
