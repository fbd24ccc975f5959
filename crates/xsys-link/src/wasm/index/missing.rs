//! Errors about symbols that are undefined, or not defined as they are used.
//!
//! Numbering meets these symbols while it reads relocations, but does not record where they are referred to. Only if
//! there are any, the live relocations are read once more to find out.

use hashbrown::{HashMap, HashSet};
use wasmparser::RelocationEntry;
use xsys_diag::{Diagnostic, did_you_mean};

use crate::demangle::readable;
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FileId, SymbolId, SymbolKind};
use crate::wasm::live::Live;
use crate::wasm::live::externals::is_allowed;
use crate::wasm::options::Unresolved;
use crate::wasm::reloc::{self, Relocs, Value};
use crate::wasm::symbols::describe::{place_of_data, place_of_function, similar};
use crate::wasm::symbols::{Resolved, hints};

/// How many references to an undefined symbol a message lists.
const LISTED: usize = 4;

/// An undefined symbol with its references.
struct Missing {
    id: SymbolId,
    places: Vec<String>,
    count: usize,
    /// The first file that refers to it.
    file: Option<FileId>,
}

impl Missing {
    /// Adds a reference; `place` says where it is.
    fn add(&mut self, file: FileId, place: impl FnOnce() -> String) {
        self.file.get_or_insert(file);
        self.count += 1;
        if self.count <= LISTED {
            self.places.push(place());
        }
    }
}

/// Reports undefined symbols, unless the command line accepts them. `met` lists them in the order in which
/// relocations refer to them.
pub(crate) fn report(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    live: &Live,
    met: impl Iterator<Item = SymbolId>,
) -> Vec<Diagnostic> {
    if matches!(options.unresolved, Unresolved::Ignore | Unresolved::Import) {
        return Vec::new();
    }
    let mut missing: Vec<Missing> = Vec::new();
    let mut at: HashMap<SymbolId, usize> = HashMap::new();
    for id in met {
        let symbol = resolved.symbol(id);
        if is_allowed(options, symbol) && !symbol.missing {
            continue;
        }
        at.entry(id).or_insert_with(|| {
            missing.push(Missing {
                id,
                places: Vec::new(),
                count: 0,
                file: None,
            });
            missing.len() - 1
        });
    }
    if missing.is_empty() {
        return Vec::new();
    }
    find_places(resolved, live, &at, &mut missing);
    missing
        .iter()
        .map(|missing| describe(options, resolved, missing))
        .collect()
}

/// A relocation whose symbol does not fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Misplaced {
    /// The symbol.
    pub id: SymbolId,
    /// The file that contains the relocation.
    pub file: FileId,
    /// The name of the relocation type.
    pub relocation: &'static str,
}

impl Misplaced {
    /// A relocation of this file.
    pub(crate) fn new(id: SymbolId, file: FileId, entry: &RelocationEntry) -> Self {
        Self {
            id,
            file,
            relocation: reloc::row(entry.ty).name,
        }
    }

    /// wasm-ld's message, with this reason.
    pub(crate) fn counterpart(self, resolved: &Resolved<'_>, reason: &str) -> String {
        let (file, what) = (&resolved.file(self.file).name, self.relocation);
        format!("{file}: relocation {what} {reason}")
    }
}

/// Reports code that needs an address as a constant which is only known at run time.
pub(crate) fn fixed(resolved: &Resolved<'_>, found: &[Misplaced]) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let first = found.iter().filter(|place| seen.insert(place.id));
    let problems = first.map(|place| {
        let name = readable(resolved.symbol(place.id).name);
        let reason = format!("cannot be used against symbol `{name}`; recompile with -fPIC");
        Diagnostic::error(format!("the address of `{name}` is not known before run time"))
            .note(format!("`{}` contains it as a constant", resolved.file(place.file).name))
            .note("with `--unresolved-symbols=import-dynamic` it is imported")
            .help("compile that file as position-independent code: `-C relocation-model=pic`, for C `-fPIC`")
            .counterpart(place.counterpart(resolved, &reason))
    });
    problems.collect()
}

/// Reports relocations that need an address relative to the module's memory or table, of an undefined symbol.
pub(crate) fn nowhere(resolved: &Resolved<'_>, found: &[Misplaced]) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let first = found.iter().filter(|place| seen.insert(place.id));
    let problems = first.map(|place| {
        let name = readable(resolved.symbol(place.id).name);
        let user = &resolved.file(place.file).name;
        let reason = format!("is not supported against an undefined symbol `{name}`");
        Diagnostic::error(format!(
            "`{user}` needs the relative address of `{name}`, which is not defined"
        ))
        .counterpart(place.counterpart(resolved, &reason))
    });
    problems.collect()
}

/// Reports relocations for thread-local symbols whose symbol is undefined or not thread-local, once for each symbol.
pub(crate) fn misused(resolved: &Resolved<'_>, found: &[Misplaced]) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let first = found.iter().filter(|place| seen.insert(place.id));
    let problems = first.map(|place| {
        let symbol = resolved.symbol(place.id);
        let name = readable(symbol.name);
        let user = &resolved.file(place.file).name;
        let counterpart = |reason: String| place.counterpart(resolved, &reason);
        match symbol.is_defined() {
            false => Diagnostic::error(format!("thread-local variable `{name}` is not defined"))
                .note(format!("`{user}` refers to it"))
                .help("link the object that defines it: thread-local variables cannot be imported")
                .counterpart(counterpart(format!(
                    "cannot be used against an undefined symbol `{name}`"
                ))),
            true => {
                let problem = Diagnostic::error(format!("`{name}` is not thread-local"))
                    .note(format!("`{user}` uses it as a thread-local variable"));
                let problem = match symbol.file {
                    Some(file) => {
                        let name = &resolved.file(file).name;
                        problem.note(format!("`{name}` defines it as an ordinary one"))
                    }
                    None => problem,
                };
                problem
                    .help("declare it the way it is defined")
                    .counterpart(counterpart(format!(
                        "cannot be used against non-TLS symbol `{name}`"
                    )))
            }
        }
    });
    problems.collect()
}

fn find_places(
    resolved: &Resolved<'_>,
    live: &Live,
    at: &HashMap<SymbolId, usize>,
    missing: &mut [Missing],
) {
    for (file, object) in resolved.files() {
        for &(_, symbol) in &object.init_functions {
            let id = resolved.file_symbol(file, symbol);
            if let Some(&number) = at.get(&id).filter(|_| live.files[file.0 as usize]) {
                missing[number].add(file, || {
                    format!("the list of initialisers of {}", object.name)
                });
            }
        }
        let mut walk = |relocs: Relocs<'_>, place: &dyn Fn(u32) -> String| {
            // Several references from one function are listed once.
            let mut seen: Vec<usize> = Vec::new();
            for entry in relocs.iter() {
                if reloc::row(entry.ty).value == Value::Type {
                    continue;
                }
                let id = resolved.file_symbol(file, entry.index);
                let Some(&number) = at.get(&id) else { continue };
                if seen.contains(&number) {
                    continue;
                }
                seen.push(number);
                missing[number].add(file, || place(entry.offset));
            }
        };
        let (functions, segments) = (
            &live.functions[file.0 as usize],
            &live.segments[file.0 as usize],
        );
        for (at, function) in object
            .functions
            .iter()
            .enumerate()
            .filter(|(at, _)| functions[*at])
        {
            walk(function.relocs, &|_| {
                place_of_function(resolved, file, at as u32)
            });
        }
        for (at, segment) in object
            .segments
            .iter()
            .enumerate()
            .filter(|(at, _)| segments[*at])
        {
            walk(segment.relocs, &|offset| {
                let inside = u64::from(offset.saturating_sub(segment.offset));
                place_of_data(object, at as u32, inside)
            });
        }
    }
}

fn describe(options: &WasmOptions, resolved: &Resolved<'_>, missing: &Missing) -> Diagnostic {
    let symbol = resolved.symbol(missing.id);
    let name = readable(symbol.name);
    let message = format!("undefined symbol: `{name}`");
    let mut problem = match options.unresolved {
        Unresolved::Warn => Diagnostic::warning(message),
        _ => Diagnostic::error(message),
    }
    .code("undefined-symbol");
    if let Some(file) = missing.file {
        let file = &resolved.file(file).name;
        problem = problem.counterpart(format!("{file}: undefined symbol: {name}"));
    }
    if name != symbol.name {
        problem = problem.note(format!("its mangled name is `{}`", symbol.name));
    }
    for place in &missing.places {
        problem = problem.note(format!("referenced by {place}"));
    }
    if missing.count > missing.places.len() {
        let more = missing.count - missing.places.len();
        problem = problem.note(match more {
            1 => "and by one more function or variable".to_owned(),
            _ => format!("and by {more} more functions and variables"),
        });
    }
    if options.unresolved == Unresolved::Warn && symbol.kind == SymbolKind::Function {
        problem = problem.note("calls of it trap");
    }
    if let Some(hint) = hints::for_symbol(symbol.name) {
        return problem.help(hint);
    }
    if let Some(close) = similar(resolved, symbol.name, symbol.kind) {
        return problem.help(format!("there is a symbol with a similar name: `{close}`"));
    }
    problem.help(match symbol.kind {
        SymbolKind::Function => {
            "link the file or library that defines it; if the host provides it, declare it in an \
             `extern` block with `#[link(wasm_import_module = \"…\")]`"
        }
        SymbolKind::Data => {
            "link the file or library that defines it; variables cannot come from the host, only \
             functions can"
        }
        _ => "link the file or library that defines it",
    })
}

/// Reports an exported symbol that is not defined; `None` if the command line accepts that.
pub(crate) fn not_exported(
    options: &WasmOptions,
    resolved: &Resolved<'_>,
    name: &str,
) -> Option<Diagnostic> {
    let message = format!("exported symbol `{}` is not defined", readable(name));
    let problem = match options.unresolved {
        Unresolved::Error => Diagnostic::error(message),
        Unresolved::Warn => Diagnostic::warning(message),
        Unresolved::Ignore | Unresolved::Import => return None,
    };
    let problem = problem.counterpart(format!("symbol exported via --export not found: {name}"));
    let symbols = resolved.named().filter(|(_, symbol)| symbol.is_defined());
    let close = did_you_mean(name, symbols.map(|(_, symbol)| symbol.name));
    Some(match close {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem.help(
            "define it with `#[unsafe(no_mangle)] pub extern \"C\" fn`, or pass \
             `--export-if-defined`",
        ),
    })
}
