//! Where a module's program starts, and how that is called.

use std::io::Write;

use wasmi::{Error, Func, FuncType, Instance, Module, Store, Val, ValType};
use xsys_diag::{Diagnostic, did_you_mean};

use crate::error::Result;
use crate::wasm_engine::Host;
use crate::wasm_engine::types::{functions, number, quoted, type_text, value_text};

/// The exports that can be a program's entry, in order of preference.
const ENTRIES: [&str; 3] = ["_start", "main", "run"];

/// A call that is ready to be made.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    function: Func,
    ty: FuncType,
    inputs: Vec<Val>,
    /// Whether its results are shown, instead of being the exit code.
    shown: bool,
}

impl Entry {
    /// Makes the call; returns the exit code.
    pub(super) fn call(&self, store: &mut Store<Host>) -> std::result::Result<i32, Error> {
        // The engine overwrites these; their types do not matter.
        let mut results = vec![Val::I32(0); self.ty.results().len()];
        self.function.call(store, &self.inputs, &mut results)?;
        if self.shown {
            let mut out = std::io::stdout().lock();
            for result in results {
                writeln!(out, "{}", value_text(&result)).map_err(|error| {
                    Error::new(format!("the output cannot be written: {error}"))
                })?;
            }
            return Ok(0);
        }
        Ok(match results.first() {
            Some(Val::I32(code)) => *code,
            _ => 0,
        })
    }
}

/// The program's entry.
pub(super) fn program(store: &Store<Host>, instance: Instance, module: &Module) -> Result<Entry> {
    let found = ENTRIES
        .iter()
        .find_map(|name| Some((*name, instance.get_func(store, name)?)));
    let Some((name, function)) = found else {
        let problem = Diagnostic::error("the module has no entry point")
            .note(format!("looked for {}", quoted(ENTRIES)));
        let names = functions(module);
        let problem = match names.is_empty() {
            true => problem.note("it exports no function at all"),
            false => problem.note(format!("it exports {}", quoted(names))),
        };
        return Err(problem
            .help("export one of these, or call a function with `-- --invoke NAME NUMBERS…`")
            .into());
    };
    let ty = function.ty(store);
    let inputs: Option<Vec<Val>> = ty.params().iter().map(|&ty| zero(ty)).collect();
    // C's `main` takes the number of arguments and their address; neither exists here.
    let Some(inputs) = inputs.filter(|inputs| inputs.len() <= 2) else {
        return Err(Diagnostic::error(format!(
            "`{name}` is not an entry point: it is `{}`",
            type_text(&ty)
        ))
        .help("entry points take nothing, or what C's `main` takes")
        .into());
    };
    Ok(Entry {
        name: name.to_owned(),
        function,
        ty,
        inputs,
        shown: false,
    })
}

/// An export by name, called with numbers.
pub(super) fn named(
    store: &Store<Host>,
    instance: Instance,
    module: &Module,
    name: &str,
    numbers: &[String],
) -> Result<Entry> {
    let Some(function) = instance.get_func(store, name) else {
        let names = functions(module);
        let problem = Diagnostic::error(format!("the module exports no function `{name}`"));
        let problem = match did_you_mean(name, names.iter().copied()) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None if names.is_empty() => problem.note("it exports no function at all"),
            None => problem.note(format!("it exports {}", quoted(names))),
        };
        return Err(problem.into());
    };
    let ty = function.ty(store);
    if ty.params().len() != numbers.len() {
        return Err(Diagnostic::error(format!(
            "`{name}` takes {} numbers, {} given",
            ty.params().len(),
            numbers.len()
        ))
        .note(format!("it is `{}`", type_text(&ty)))
        .into());
    }
    let mut inputs = Vec::new();
    for (text, &ty) in numbers.iter().zip(ty.params()) {
        inputs.push(number(text, ty)?);
    }
    Ok(Entry {
        name: name.to_owned(),
        function,
        ty,
        inputs,
        shown: true,
    })
}

fn zero(ty: ValType) -> Option<Val> {
    match ty {
        ValType::I32 => Some(Val::I32(0)),
        ValType::I64 => Some(Val::I64(0)),
        _ => None,
    }
}
