//! Demangles names.
//!
//! wasm-ld puts demangled names into the name section, and `--compat=wasm-ld` promises the same bytes. So C++ names
//! must be written as LLVM's tools write them; the existing crate writes them as GNU's do (`(unsigned int)16` for
//! `16u`, `{vtable(X)}`, `> >`). Spec: the Itanium C++ ABI, 5.1; where it leaves the text open, the output of LLVM's
//! demangler decides. Rust names are read by the crate `rustc-demangle`.

mod expr;
mod float;
mod names;
mod node;
mod operators;
mod parse;
mod print;
mod print_expr;
mod print_right;
mod templates;
#[cfg(test)]
mod tests;
mod types;

use std::borrow::Cow;

/// A symbol's demangled name.
pub fn readable(name: &str) -> Cow<'_, str> {
    if !name.starts_with(['_', 'R', 'Z']) {
        return Cow::Borrowed(name);
    }
    match rustc_demangle::try_demangle(name) {
        Ok(rust) => Cow::Owned(format!("{rust:#}")),
        Err(_) => cpp(name).map_or(Cow::Borrowed(name), Cow::Owned),
    }
}

/// A symbol's demangled name as LLVM's tools write it: they treat legacy Rust names as C++ names, with the hash.
/// Unlike LLVM, it leaves names of D and of Microsoft's compilers as they are.
pub fn as_llvm(name: &str) -> Cow<'_, str> {
    let (dot, rest) = match name.strip_prefix('.') {
        Some(rest) => (".", rest),
        None => ("", name),
    };
    if let Some(text) = either(rest) {
        return Cow::Owned(format!("{dot}{text}"));
    }
    let without_underscore = name.strip_prefix('_').and_then(either);
    without_underscore.map_or(Cow::Borrowed(name), Cow::Owned)
}

fn either(name: &str) -> Option<String> {
    if name.starts_with("_Z") || name.starts_with("___Z") {
        return cpp(name);
    }
    if !name.starts_with("_R") {
        return None;
    }
    let (plain, suffix) = name.split_at(name.find('.').unwrap_or(name.len()));
    let rust = rustc_demangle::try_demangle(plain).ok()?;
    Some(match suffix {
        "" => format!("{rust:#}"),
        _ => format!("{rust:#} ({suffix})"),
    })
}

/// The text of a C++ name; `None` if it is none.
pub fn cpp(name: &str) -> Option<String> {
    let mut parser = parse::Parser::new(name);
    let root = parser.mangled()?;
    let mut printer = print::Printer::new(&parser);
    printer.print(root);
    (!printer.failed).then_some(printer.out)
}
