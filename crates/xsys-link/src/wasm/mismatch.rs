//! Calls that cannot work get a function that traps.
//!
//! A wasm call instruction is only valid where its type is the callee's. Languages that declare
//! the same function with other types, and weak references that nothing defines, would make an
//! invalid module; a stub of the type that the call expects keeps it valid.

use hashbrown::HashMap;
use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

use super::WasmOptions;
use super::object::{Signature, SymbolKind};
use super::options::Unresolved;
use super::resolve::{Variants, readable};
use super::symbols::{
    Definition, FunctionRef, Resolved, SymbolId, SyntheticFunction, SyntheticKind,
};

/// Settles names whose users and definition disagree: calls with another type trap.
pub(super) fn settle<'a>(resolved: &mut Resolved<'a>, variants: &Variants<'a>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (name, ids) in variants {
        let defined = ids.iter().find(|&&id| resolved.symbol(id).is_defined());
        let Some(&defined) = defined else {
            // Nothing says which type the import should have.
            problems.push(describe(resolved, name, ids[0], ids[1], true));
            continue;
        };
        for &id in ids.iter().filter(|&&id| id != defined) {
            problems.push(describe(resolved, name, id, defined, false));
            let stub_name = format!("signature_mismatch:{name}");
            make_stub(resolved, id, stub_name);
        }
    }
    problems
}

fn describe(
    resolved: &Resolved<'_>,
    name: &str,
    used: SymbolId,
    defined: SymbolId,
    fatal: bool,
) -> Diagnostic {
    let message = format!("function `{}` is used with two types", readable(name));
    let problem = match fatal {
        true => Diagnostic::error(message),
        false => Diagnostic::warning(message),
    };
    let place = |id: SymbolId, verb: &str| {
        let symbol = resolved.symbol(id);
        let ty = type_text(symbol.signature);
        match symbol.file {
            Some(file) => format!("{verb} as `{ty}` in `{}`", resolved.file(file).name),
            None => format!("{verb} as `{ty}` by the linker"),
        }
    };
    let problem = problem.note(place(used, "used"));
    match fatal {
        true => problem
            .note(place(defined, "used"))
            .help("make the declarations agree, or define the function"),
        false => problem
            .note(place(defined, "defined"))
            .help("make the declaration agree with the definition; such calls trap"),
    }
}

/// `(i32, i64) -> i32`.
pub fn type_text(signature: Signature<'_>) -> String {
    let mut reader = wasmparser::BinaryReader::new(signature, 0);
    let read = reader
        .read_u8()
        .and_then(|_| reader.read::<wasmparser::FuncType>());
    let Ok(ty) = read else {
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

fn make_stub(resolved: &mut Resolved<'_>, id: SymbolId, name: String) {
    let signature = resolved.symbol(id).signature;
    let function = add_stub(resolved, signature, name);
    become_stub(resolved, id, function);
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

fn become_stub(resolved: &mut Resolved<'_>, id: SymbolId, function: FunctionRef) {
    let symbol = &mut resolved.symbols[id.0 as usize];
    symbol.definition = Definition::Function(function);
    symbol.flags |= SymbolFlags::VISIBILITY_HIDDEN;
    symbol.stub = true;
}

/// Functions that may be missing and are; and those whose absence the command line forgives, which
/// share a stub for each type.
pub(super) fn stub_undefined(resolved: &mut Resolved<'_>, options: &WasmOptions) {
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
            || options
                .allow_undefined
                .iter()
                .any(|name| name == symbol.name);
        if symbol.is_weak() {
            let name = format!("undefined_weak:{}", symbol.name);
            make_stub(resolved, id, name);
        } else if forgiven && !imported {
            missing.push(id);
        }
    }
    let mut stubs: HashMap<Signature<'_>, FunctionRef> = HashMap::new();
    for id in missing {
        let signature = resolved.symbol(id).signature;
        let stub = *stubs
            .entry(signature)
            .or_insert_with(|| add_stub(resolved, signature, "undefined_stub".to_owned()));
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
