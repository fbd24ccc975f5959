//! Calls that would not be valid go to a function that traps.
//!
//! A call instruction is only valid if it expects the callee's type. Files that declare one function with different
//! types, and weak references to undefined functions, would make the module invalid. A trapping function of the type
//! that the call expects keeps it valid.

use hashbrown::HashMap;
use wasmparser::{FuncType, SymbolFlags, ValType};
use xsys_diag::Diagnostic;

use super::describe::{place_of_function, synthetic};
use super::{
    Definition, MISMATCH, Resolved, SyntheticFunction, SyntheticKind, UNDEFINED_STUB,
    UNDEFINED_WEAK,
};
use crate::demangle::readable;
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FunctionRef, SymbolId, SymbolKind};
use crate::wasm::object::Signature;
use crate::wasm::options::Unresolved;
use crate::wasm::reloc::{self, Value};

/// Names that were declared with different types, with a symbol for each type.
pub(crate) type Variants<'a> = Vec<(&'a str, Vec<SymbolId>)>;

/// How many callers a message lists for each type.
const LISTED: usize = 3;

/// Makes calls trap that expect another type than the definition has.
pub(crate) fn settle<'a>(
    options: &WasmOptions,
    resolved: &mut Resolved<'a>,
    variants: &Variants<'a>,
) -> Vec<Diagnostic> {
    if variants.is_empty() {
        return Vec::new();
    }
    let callers = callers(resolved, variants);
    let mut problems = Vec::new();
    for (name, ids) in variants {
        let mut definitions = ids.iter().filter(|&&id| resolved.symbol(id).is_defined());
        // wasm-ld takes the first definition, even if it is weak and a later one is not.
        let first = definitions.clone().next();
        let strong = definitions.find(|&&id| !resolved.symbol(id).is_weak());
        let strong = strong.filter(|_| !options.shrink.compat);
        let defined = strong.or(first).copied();
        problems.push(describe(resolved, &callers, name, ids, defined));
        // Without a definition, it is unknown which type the import should have.
        let Some(defined) = defined else { continue };
        // In wasm-ld, the name stands for the last type.
        let named = resolved.named.iter().position(|id| ids.contains(id));
        if let Some(at) = named.filter(|_| !options.shrink.compat) {
            resolved.named[at] = defined;
        }
        for &id in ids.iter().filter(|&&id| id != defined) {
            make_stub(options, resolved, id, format!("{MISMATCH}{name}"));
            forget_wishes(resolved, id);
            // A trapping function is only hidden if it replaces an undefined one.
            let flags = &mut resolved.symbols[id.0 as usize].flags;
            flags.remove(SymbolFlags::VISIBILITY_HIDDEN);
        }
    }
    problems
}

/// The callers of a symbol.
#[derive(Default)]
struct Callers {
    places: Vec<String>,
    count: usize,
}

/// Finds the callers of all names that were declared with different types.
fn callers(resolved: &Resolved<'_>, variants: &Variants<'_>) -> HashMap<SymbolId, Callers> {
    let ids = variants.iter().flat_map(|(_, ids)| ids);
    let mut found: HashMap<SymbolId, Callers> = ids.map(|&id| (id, Callers::default())).collect();
    for (file, object) in resolved.files() {
        let symbols = &resolved.file_symbols[file.0 as usize];
        if !symbols.iter().any(|id| found.contains_key(id)) {
            continue;
        }
        for (at, function) in object.functions.iter().enumerate() {
            let mut seen: Vec<SymbolId> = Vec::new();
            for entry in function.relocs.iter() {
                if reloc::row(entry.ty).value != Value::Function {
                    continue;
                }
                let id = resolved.file_symbol(file, entry.index);
                let Some(callers) = found.get_mut(&id).filter(|_| !seen.contains(&id)) else {
                    continue;
                };
                seen.push(id);
                callers.count += 1;
                if callers.count <= LISTED {
                    callers
                        .places
                        .push(place_of_function(resolved, file, at as u32));
                }
            }
        }
    }
    found
}

/// One message for each function, however many files call it.
fn describe(
    resolved: &Resolved<'_>,
    callers: &HashMap<SymbolId, Callers>,
    name: &str,
    ids: &[SymbolId],
    defined: Option<SymbolId>,
) -> Diagnostic {
    let message = format!(
        "function `{}` is declared with different types",
        readable(name)
    );
    let mut problem = match defined {
        None => Diagnostic::error(message),
        Some(_) => Diagnostic::warning(message),
    }
    .code("signature-mismatch")
    .counterpart(format!("function signature mismatch: {name}"));
    let ty = |id: SymbolId| type_text(resolved.symbol(id).signature);
    if let Some(id) = defined {
        problem = problem.note(match resolved.symbol(id).file {
            Some(file) => format!("defined as `{}` in {}", ty(id), resolved.file(file).name),
            None => format!("defined as `{}` by the linker", ty(id)),
        });
    }
    for &id in ids.iter().filter(|&&id| Some(id) != defined) {
        let callers = callers.get(&id).filter(|callers| callers.count > 0);
        match (callers, resolved.symbol(id).file) {
            (Some(callers), _) => {
                for place in &callers.places {
                    problem = problem.note(format!("called as `{}` by {place}", ty(id)));
                }
                let more = callers.count - callers.places.len();
                if more > 0 {
                    problem = problem.note(format!("called like this {more} more times"));
                }
            }
            (None, Some(file)) => {
                let file = &resolved.file(file).name;
                let how = match resolved.symbol(id).is_weak() {
                    true => ", weakly",
                    false => "",
                };
                problem = problem.note(format!("also defined as `{}` in {file}{how}", ty(id)));
            }
            (None, None) => {}
        }
    }
    let Some(defined) = defined else {
        return problem
            .note("nothing defines it, so it would be imported, and an import has one type")
            .help("make the declarations agree");
    };
    let is_called = |id: &&SymbolId| callers.get(*id).is_some_and(|callers| callers.count > 0);
    if ids
        .iter()
        .filter(|&&id| id != defined)
        .any(|id| is_called(&id))
    {
        problem = problem.note("these calls trap when they are reached; all others work");
    }
    // Any of the declarations may show the reason.
    let mut others = ids.iter().filter(|&&id| id != defined);
    let likely = others.find_map(|&other| {
        likely_reason(
            resolved.symbol(other).signature,
            resolved.symbol(defined).signature,
        )
    });
    problem.help(likely.unwrap_or(
        "make the declaration agree with the definition: an `extern` block of Rust and a prototype \
         of C promise types that nobody checks before the link",
    ))
}

/// What commonly causes such a difference between two types.
fn likely_reason(declared: Signature<'_>, defined: Signature<'_>) -> Option<&'static str> {
    let (declared, defined) = (function_type(declared)?, function_type(defined)?);
    let returns_through_pointer = |a: &FuncType, b: &FuncType| {
        a.results().len() == 1
            && b.results().is_empty()
            && b.params().split_first() == Some((&ValType::I32, a.params()))
    };
    if returns_through_pointer(&declared, &defined) || returns_through_pointer(&defined, &declared)
    {
        return Some(
            "one side returns a structure, which goes through a pointer, the other a number: \
             declare the same result, with `#[repr(C)]`, on both sides",
        );
    }
    let same_length = declared.params().len() == defined.params().len()
        && declared.results().len() == defined.results().len();
    let pairs = || {
        let params = declared.params().iter().zip(defined.params());
        params.chain(declared.results().iter().zip(defined.results()))
    };
    let width = |a: &ValType, b: &ValType| {
        a == b
            || matches!(
                (a, b),
                (ValType::I32, ValType::I64) | (ValType::I64, ValType::I32)
            )
    };
    if same_length && pairs().all(|(a, b)| width(a, b)) {
        return Some(
            "the two differ in the width of an integer: `usize`, C's `long`, `size_t` and pointers \
             are 32 bits wide on wasm32; make the declaration agree with the definition",
        );
    }
    if declared.params().is_empty() && !defined.params().is_empty() {
        return Some(
            "the declaration has no parameters: in C, write the prototype with all of them; in \
             Rust, make the `extern` block agree with the definition",
        );
    }
    None
}

fn function_type(signature: Signature<'_>) -> Option<FuncType> {
    let mut reader = wasmparser::BinaryReader::new(signature, 0);
    reader.read_u8().ok()?;
    reader.read().ok()
}

/// A function type as text: `(i32, i64) -> i32`.
pub(crate) fn type_text(signature: Signature<'_>) -> String {
    let Some(ty) = function_type(signature) else {
        return "?".to_owned();
    };
    let list = |types: &[wasmparser::ValType]| {
        let names: Vec<String> = types.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    match ty.results() {
        [] => format!("({})", list(ty.params())),
        results => format!("({}) -> {}", list(ty.params()), list(results)),
    }
}

fn make_stub(options: &WasmOptions, resolved: &mut Resolved<'_>, id: SymbolId, name: String) {
    if resolved.told.follows(id.0) {
        let name = synthetic(options, &name);
        resolved.told.line(None, &format!("definition of {name}"));
    }
    let signature = resolved.symbol(id).signature;
    let function = add_stub(resolved, signature, name);
    become_stub(resolved, id, function);
    resolved.symbols[id.0 as usize].flags |= SymbolFlags::VISIBILITY_HIDDEN;
}

fn add_stub<'a>(
    resolved: &mut Resolved<'a>,
    signature: Signature<'a>,
    name: String,
) -> FunctionRef {
    resolved.synthetic.push(SyntheticFunction {
        name,
        signature,
        kind: SyntheticKind::Unreachable,
    });
    FunctionRef::Synthetic(resolved.synthetic.len() as u32 - 1)
}

/// A trapping function is only kept if something calls it.
fn forget_wishes(resolved: &mut Resolved<'_>, id: SymbolId) {
    let flags = &mut resolved.symbols[id.0 as usize].flags;
    flags.remove(SymbolFlags::NO_STRIP | SymbolFlags::EXPORTED);
}

fn become_stub(resolved: &mut Resolved<'_>, id: SymbolId, function: FunctionRef) {
    let symbol = &mut resolved.symbols[id.0 as usize];
    symbol.definition = Definition::Function(function);
    symbol.stub = true;
}

/// Replaces undefined weak functions by functions that trap; and undefined functions that the command line accepts,
/// which share one such function for each type.
pub(crate) fn stub_undefined(resolved: &mut Resolved<'_>, options: &WasmOptions) {
    let forgiven = !options.import_undefined
        && matches!(options.unresolved, Unresolved::Ignore | Unresolved::Warn);
    let mut missing = Vec::new();
    for at in 0..resolved.symbols.len() {
        let id = SymbolId(at as u32);
        let symbol = resolved.symbol(id);
        if !symbol.is_undefined() || symbol.kind != SymbolKind::Function || !symbol.used {
            continue;
        }
        let imported = symbol.explicit_import
            || symbol.provided
            || options
                .allow_undefined
                .iter()
                .any(|name| name == symbol.name);
        if symbol.is_weak() {
            let name = format!("{UNDEFINED_WEAK}{}", symbol.name);
            make_stub(options, resolved, id, name);
            forget_wishes(resolved, id);
        } else if forgiven && !imported {
            missing.push(id);
        }
    }
    let mut stubs: HashMap<Signature<'_>, FunctionRef> = HashMap::new();
    for id in missing {
        let signature = resolved.symbol(id).signature;
        let stub = *stubs
            .entry(signature)
            .or_insert_with(|| add_stub(resolved, signature, UNDEFINED_STUB.to_owned()));
        become_stub(resolved, id, stub);
        resolved.symbols[id.0 as usize].missing = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_well() {
        for (bytes, expected) in [
            (&[0x60, 0, 0][..], "()"),
            (&[0x60, 2, 0x7f, 0x7e, 1, 0x7d], "(i32, i64) -> f32"),
            (&[0x60, 9], "?"),
        ] {
            assert_eq!(type_text(bytes), expected);
        }
    }
}
