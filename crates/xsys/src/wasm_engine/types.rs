//! Types, values and names as messages show them.

use wasmi::{ExternType, FuncType, Module, Val, ValType};
use xsys_diag::Diagnostic;

pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A function's type in the text format's words.
pub(super) fn type_text(ty: &FuncType) -> String {
    signature(ty.params(), ty.results(), |&ty| type_name(ty))
}

/// Parameters and results, for either library's types.
pub(super) fn signature<T>(
    params: &[T],
    results: &[T],
    name: impl Fn(&T) -> &'static str,
) -> String {
    let list = |types: &[T]| types.iter().map(&name).collect::<Vec<_>>().join(", ");
    match results {
        [] => format!("({})", list(params)),
        results => format!("({}) -> {}", list(params), list(results)),
    }
}

pub(super) fn type_name(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::FuncRef => "funcref",
        ValType::ExternRef => "externref",
    }
}

/// The functions that a module exports, without those that were added.
pub(super) fn functions(module: &Module) -> Vec<&str> {
    let exports = module.exports();
    let functions = exports.filter(|export| matches!(export.ty(), ExternType::Func(_)));
    functions
        .map(|export| export.name())
        .filter(|name| !name.starts_with(super::record::OURS))
        .collect()
}

/// A number as a value of the parameter's type; integers may be signed or unsigned.
pub(super) fn number(text: &str, ty: ValType) -> Result<Val, Diagnostic> {
    let parsed = match ty {
        ValType::I32 => text
            .parse::<i32>()
            .or_else(|_| text.parse::<u32>().map(u32::cast_signed))
            .ok()
            .map(Val::I32),
        ValType::I64 => text
            .parse::<i64>()
            .or_else(|_| text.parse::<u64>().map(u64::cast_signed))
            .ok()
            .map(Val::I64),
        ValType::F32 => text.parse::<f32>().ok().map(|value| Val::F32(value.into())),
        ValType::F64 => text.parse::<f64>().ok().map(|value| Val::F64(value.into())),
        _ => None,
    };
    parsed.ok_or_else(|| Diagnostic::error(format!("`{text}` is not an {}", type_name(ty))))
}

pub(super) fn value_text(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) => f32::from(*value).to_string(),
        Val::F64(value) => f64::from(*value).to_string(),
        _ => "a reference".to_owned(),
    }
}

/// The engine's message in the style of ours.
pub(super) fn lower(error: &wasmi::Error) -> String {
    let text = error.to_string();
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase());
    first.into_iter().flatten().chain(letters).collect()
}
