//! Checks what the command line asks for, and reports about the link.

pub(crate) mod inputs;
pub(crate) mod map;
mod why_live;

use xsys_diag::Diagnostic;

use crate::wasm::WasmOptions;
use crate::wasm::ids::SymbolKind;
use crate::wasm::index::missing;
use crate::wasm::live::Live;
use crate::wasm::load;
use crate::wasm::symbols::describe::similar;
use crate::wasm::symbols::told::Stage;
use crate::wasm::symbols::{Definition, LinkerSymbol, Resolved, Symbol};

/// Checks entry point, exports and width of addresses.
pub(super) fn requests(options: &WasmOptions, resolved: &Resolved<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let defined = |name: &str| {
        let id = resolved.find(name);
        id.map(|id| resolved.symbol(id))
            .is_some_and(|symbol| symbol.is_defined() && !symbol.missing)
    };
    let starts = |name: &&str| {
        let symbol = resolved.find_own(name).map(|id| resolved.symbol(id));
        // Symbols that the linker only defines if something refers to them are defined too late to be an entry point.
        let address = |symbol: &Symbol<'_>| match symbol.definition {
            Definition::Linker(LinkerSymbol::TlsBase) => !options.memory.shared,
            Definition::Linker(_) => symbol.kind == SymbolKind::Data,
            _ => false,
        };
        // wasm-ld checks this before it compares types.
        let stub = |symbol: &Symbol<'_>| {
            symbol.stub && !(options.shrink.compat && resolved.has_other_type(symbol))
        };
        symbol.is_some_and(|s| s.is_defined() && !stub(s) && !address(s))
    };
    if let Some(entry) = options.entry.as_deref().filter(|entry| !starts(entry)) {
        let problem = Diagnostic::error(format!("entry point `{entry}` is not defined"))
            .counterpart(format!(
                "entry symbol not defined (pass --no-entry to suppress): {entry}"
            ));
        problems.push(match similar(resolved, entry, SymbolKind::Function) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None if entry == "_start" => problem.help(
                "a library has no start: make it a `cdylib`, or pass `--no-entry`; a program gets \
                 `_start` from `fn main` on WASI, elsewhere it defines its own",
            ),
            None => problem.help("define it, name another with `--entry`, or pass `--no-entry`"),
        });
    }
    let missing = options.exports.iter().filter(|name| !defined(name));
    problems.extend(missing.filter_map(|name| missing::not_exported(options, resolved, name)));
    if options.memory.fixed && options.memory.max != 0 {
        problems.push(
            Diagnostic::error("`--max-memory` and `--no-growable-memory` contradict each other")
                .help("leave out one: memory that cannot grow keeps its initial size")
                .counterpart("--max-memory is incompatible with --no-growable-memory"),
        );
    }
    problems.extend(
        resolved
            .files()
            .filter_map(|(_, file)| load::wrong_width(options, file)),
    );
    problems
}

/// The reports that are printed before addresses are assigned.
pub(super) fn text(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
) -> (String, Vec<Diagnostic>) {
    let mut out = String::new();
    let reports = &options.reports;
    let told = |stage: Stage| resolved.told.text(stage);
    if options.shrink.compat {
        out += told(Stage::Members);
    } else {
        if reports.trace {
            out += &inputs::trace(resolved);
        }
        out += &inputs::mentions(options, resolved);
    }
    let mut problems = Vec::new();
    if let Some(to) = &reports.why_extract {
        let text = inputs::why_extract(options, resolved);
        problems.extend(inputs::deliver(to, &text, &mut out));
    }
    out += told(Stage::Names);
    if options.print_gc_sections && options.gc_sections {
        out += &inputs::dropped(resolved, live);
    }
    out += told(Stage::Layout);
    if !reports.why_live.is_empty() {
        out += &why_live::why_live(options, resolved);
    }
    (out, problems)
}
