//! Running modules in wasmi: `//# run: add(1, 2) = 3`.
//!
//! Memories and tables that a module imports are made with its own limits; an imported function
//! returns its first argument, or zero; an imported global is 7.

use wasmi::{
    Caller, Engine, ExternType, F32, F64, Func, Global, Linker, Memory, Module as Compiled,
    Nullable, Ref, Store, Table, Val, ValType,
};

use super::checks::number;
use super::module::Module;
use crate::link::case::Case;

/// A call and what it must return: `none`, a number, or `trap`.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The export.
    pub name: String,
    /// Arguments.
    pub arguments: Vec<i64>,
    /// What must come back.
    pub expected: String,
}

/// Reads `name(1, 2) = 3`.
pub fn parse(text: &str) -> Result<Call, String> {
    let form = || format!("`run: {text}` is not `EXPORT(NUMBERS) = NUMBER`");
    let (call, expected) = text.rsplit_once('=').ok_or_else(form)?;
    let (name, rest) = call.split_once('(').ok_or_else(form)?;
    let list = rest.trim().strip_suffix(')').ok_or_else(form)?;
    let words = list.split(',').map(str::trim).filter(|w| !w.is_empty());
    let arguments: Option<Vec<i64>> = words.map(number).collect();
    Ok(Call {
        name: name.trim().to_owned(),
        arguments: arguments.ok_or_else(form)?,
        expected: expected.trim().to_owned(),
    })
}

/// Makes all calls of a case in one instance; what is wrong.
pub fn run(case: &Case, module: &Module) -> Vec<String> {
    match calls(case, module) {
        Ok(problems) => problems,
        Err(problem) => vec![problem],
    }
}

fn calls(case: &Case, module: &Module) -> Result<Vec<String>, String> {
    let text = |error: wasmi::Error| error.to_string();
    let engine = Engine::default();
    let compiled = Compiled::new(&engine, &module.bytes[..]).map_err(text)?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    for import in compiled.imports() {
        let (from, name) = (import.module(), import.name());
        match import.ty() {
            ExternType::Func(ty) => {
                let function = Func::new(&mut store, ty.clone(), host);
                linker.define(from, name, function)
            }
            ExternType::Memory(ty) => {
                let memory = Memory::new(&mut store, *ty).map_err(text)?;
                linker.define(from, name, memory)
            }
            ExternType::Table(ty) => {
                let null = Ref::Func(Nullable::Null);
                let table = Table::new(&mut store, *ty, null).map_err(text)?;
                linker.define(from, name, table)
            }
            ExternType::Global(ty) => {
                let value = value(7, ty.content())?;
                let global = Global::new(&mut store, value, ty.mutability());
                linker.define(from, name, global)
            }
        }
        .map_err(|error| error.to_string())?;
    }
    let instance = linker
        .instantiate_and_start(&mut store, &compiled)
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let mut problems = Vec::new();
    for text in case.all("run") {
        let call = parse(text)?;
        let Some(function) = instance.get_func(&store, &call.name) else {
            problems.push(format!("`{}` is not an exported function", call.name));
            continue;
        };
        let ty = function.ty(&store);
        if ty.params().len() != call.arguments.len() {
            problems.push(format!(
                "run: {text}: it takes {} values",
                ty.params().len()
            ));
            continue;
        }
        let arguments = call.arguments.iter().zip(ty.params());
        let arguments: Result<Vec<Val>, String> =
            arguments.map(|(&number, &ty)| value(number, ty)).collect();
        let results: Result<Vec<Val>, String> =
            ty.results().iter().map(|&ty| value(0, ty)).collect();
        let mut results = results?;
        let shown = match function.call(&mut store, &arguments?, &mut results) {
            Ok(()) => results.first().map_or("none".to_owned(), show),
            Err(_) => "trap".to_owned(),
        };
        if shown != call.expected {
            problems.push(format!("run: {text}: it is {shown}"));
        }
    }
    Ok(problems)
}

fn host(_: Caller<'_, ()>, arguments: &[Val], results: &mut [Val]) -> Result<(), wasmi::Error> {
    let number = arguments.first().map_or(0, |first| match first {
        Val::I32(value) => i64::from(*value),
        Val::I64(value) => *value,
        _ => 0,
    });
    for result in results {
        let filled = value(number, result.ty());
        *result = filled.map_err(wasmi::Error::new)?;
    }
    Ok(())
}

fn value(number: i64, ty: ValType) -> Result<Val, String> {
    Ok(match ty {
        ValType::I32 => Val::I32(number as i32),
        ValType::I64 => Val::I64(number),
        ValType::F32 => Val::F32(F32::from(number as f32)),
        ValType::F64 => Val::F64(F64::from(number as f64)),
        other => return Err(format!("no number is a {other:?}")),
    })
}

fn show(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) => f32::from(*value).to_string(),
        Val::F64(value) => f64::from(*value).to_string(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read() {
        let call = parse("add(1, -0x2) = 3").unwrap();
        assert_eq!(
            (call.name.as_str(), &call.arguments[..]),
            ("add", &[1, -2][..])
        );
        assert_eq!(call.expected, "3");
        assert!(parse("add = 3").is_err());
    }
}
