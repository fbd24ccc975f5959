//! What the command line asks for and cannot have, and what it wants to be told.

use xsys_diag::{Diagnostic, did_you_mean};

use super::WasmOptions;
use super::gc::Live;
use super::inputs_report;
use super::missing::similar;
use super::object::SymbolKind;
use super::options::Unresolved;

use super::symbols::Resolved;
use super::why_live;
use crate::demangle::readable;

/// Checks the entry point, the exports and the machine.
pub fn requests(options: &WasmOptions, resolved: &Resolved<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let defined = |name: &str| {
        let id = resolved.find(name);
        id.is_some_and(|id| resolved.symbol(id).is_defined())
    };
    let close = |name: &str| {
        let symbols = resolved.named().filter(|(_, symbol)| symbol.is_defined());
        did_you_mean(name, symbols.map(|(_, symbol)| symbol.name)).map(str::to_owned)
    };
    if let Some(entry) = options.entry.as_deref().filter(|entry| !defined(entry)) {
        let problem = Diagnostic::error(format!("entry point `{entry}` is not defined"));
        problems.push(match similar(resolved, entry, SymbolKind::Function) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None if entry == "_start" => problem.help(
                "a library has no start: make it a `cdylib`, or pass `--no-entry`; a program gets \
                 `_start` from `fn main` on WASI, elsewhere it defines its own",
            ),
            None => problem.help("define it, name another with `--entry`, or pass `--no-entry`"),
        });
    }
    for name in options.exports.iter().filter(|name| !defined(name)) {
        let message = format!("exported symbol `{}` is not defined", readable(name));
        let problem = match options.unresolved {
            Unresolved::Error => Diagnostic::error(message),
            Unresolved::Warn => Diagnostic::warning(message),
            Unresolved::Ignore | Unresolved::Import => continue,
        };
        problems.push(match close(name) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None => problem.help(
                "define it with `#[unsafe(no_mangle)] pub extern \"C\" fn`, or pass \
                 `--export-if-defined`",
            ),
        });
    }
    if options.memory.fixed && options.memory.max != 0 {
        problems.push(
            Diagnostic::error("`--max-memory` and `--no-growable-memory` do not go together")
                .help("leave out one: memory that cannot grow is as large as at the start"),
        );
    }
    let is64 = options.is64();
    for (_, file) in resolved.files().filter(|(_, file)| file.memory64 != is64) {
        problems.push(match is64 {
            false => Diagnostic::error(format!("`{}` uses 64-bit addresses", file.name))
                .help("pass `-mwasm64`, and link only objects of `wasm64` targets"),
            true => Diagnostic::error(format!("`{}` uses 32-bit addresses", file.name))
                .help("build it for the `wasm64` target, or leave out `-mwasm64`"),
        });
    }
    problems
}

/// What the options want to be told before anything has a place.
pub fn text(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
) -> (String, Vec<Diagnostic>) {
    let mut out = String::new();
    let reports = &options.reports;
    if reports.trace {
        out += &inputs_report::trace(resolved);
    }
    out += &inputs_report::mentions(options, resolved);
    let mut problems = Vec::new();
    if let Some(to) = &reports.why_extract {
        let text = inputs_report::why_extract(options, resolved);
        problems.extend(inputs_report::deliver(to, &text, &mut out));
    }
    if options.print_gc_sections {
        out += &inputs_report::dropped(resolved, live);
    }
    if !reports.why_live.is_empty() {
        out += &why_live::why_live(options, resolved);
    }
    (out, problems)
}
