//! Runs a wasm-ld command line: parses it, links, and writes the output file.

use std::ffi::OsString;
use std::path::Path;

use xsys_diag::{Diagnostic, Severity};

use crate::input::InputError;
use crate::input::map::{FileStore, InputFile};
use crate::input::reproduce::Archive;
use crate::output::{OutputError, OutputFile};
use crate::wasm::layout::module::Planned;
use crate::wasm::{WasmInput, WasmOptions, link_into};
use crate::{Outcome, limit_errors, threads};

/// Links as the command line (without the program's name) says.
pub fn link_command_line(words: &[OsString]) -> Outcome {
    finish(run(words, |options, module| {
        // wasm-ld makes modules executable, because a runtime may be registered for them with the kernel.
        put(&options.output, module).map_err(OutputError::into_diagnostic)
    }))
}

fn put(path: &Path, module: &Planned<'_, '_, '_>) -> Result<(), OutputError> {
    let size = module.size() as u64;
    let mut file = match module.is_read_back() {
        true => OutputFile::create(path, size)?,
        false => OutputFile::create_for_parts(path, size)?,
    };
    match file.parts() {
        Some(parts) => module.write_parts(|offset, bytes| parts.write(offset, bytes))?,
        None => module.write(file.bytes_mut()),
    }
    file.persist(true)
}

/// The same, but writes what `wrap` makes of the module.
pub fn link_command_line_through(
    words: &[OsString],
    wrap: impl FnOnce(Vec<u8>) -> Result<Vec<u8>, Diagnostic> + Send,
) -> Outcome {
    finish(run(words, |options, module| {
        let mut bytes = vec![0; module.size()];
        module.write(&mut bytes);
        let wrapped = wrap(bytes)?;
        let mut file = OutputFile::create(&options.output, wrapped.len() as u64)
            .map_err(OutputError::into_diagnostic)?;
        file.bytes_mut().copy_from_slice(&wrapped);
        file.persist(true).map_err(OutputError::into_diagnostic)
    }))
}

fn finish(result: Result<Outcome, Vec<Diagnostic>>) -> Outcome {
    result.unwrap_or_else(|diagnostics| Outcome {
        diagnostics,
        failed: true,
        ..Outcome::default()
    })
}

fn run(
    words: &[OsString],
    put: impl FnOnce(&WasmOptions, &Planned<'_, '_, '_>) -> Result<(), Diagnostic> + Send,
) -> Result<Outcome, Vec<Diagnostic>> {
    let mut options = WasmOptions::parse(words)?;
    let alone = options.inputs.is_empty();
    let said = options.say_first.clone().filter(|_| alone);
    if let Some(text) = options.only_say.clone().or(said) {
        return Ok(Outcome {
            stdout: text,
            ..Outcome::default()
        });
    }
    options.read_import_lists();
    let store = FileStore::new();
    let wish = options.reports.reproduce.as_ref();
    let archive = wish.map(|wish| Archive::create(wish, &options.output));
    let archive = archive.transpose().map_err(|problem| vec![problem])?;
    let result = threads::run(options.threads, || link(&options, &store, put));
    // `--reproduce` matters most when the link fails.
    let missed = archive.and_then(|archive| {
        for (path, bytes) in &options.reports.read {
            store.add(InputFile::from_bytes(path.clone(), bytes.clone()));
        }
        archive.fill(&store)
    });
    let mut result = result;
    let diagnostics = match &mut result {
        Ok(outcome) => &mut outcome.diagnostics,
        Err(diagnostics) => diagnostics,
    };
    diagnostics.extend(missed);
    if options.shrink.compat {
        for problem in diagnostics.iter_mut() {
            problem.imitate();
        }
    }
    if options.fatal_warnings {
        for problem in diagnostics.iter_mut() {
            problem.severity = Severity::Error;
        }
    }
    limit_errors(diagnostics, options.error_limit);
    result
}

fn link(
    options: &WasmOptions,
    store: &FileStore,
    put: impl FnOnce(&WasmOptions, &Planned<'_, '_, '_>) -> Result<(), Diagnostic> + Send,
) -> Result<Outcome, Vec<Diagnostic>> {
    let (found, mut problems) = options.look_for_inputs();
    if found.is_empty() && problems.is_empty() {
        return Err(vec![
            Diagnostic::error("no input files").help("name objects or archives to link"),
        ]);
    }
    let paths: Vec<_> = found.iter().map(|(path, _)| path.clone()).collect();
    let mut inputs = Vec::new();
    for (file, (path, input)) in store.open_all(&paths).into_iter().zip(found) {
        match file {
            Ok(file) => inputs.push(WasmInput {
                path,
                bytes: file.bytes(),
                whole_archive: input.whole_archive,
                lazy: input.lazy,
            }),
            Err(error) => problems.push(not_opened(&path, error)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let (diagnostics, stdout) = link_into(options, store, inputs, |module| put(options, module))?;
    let stdout = options.say_first.clone().unwrap_or_default() + &stdout;
    let mut read = store.read_files();
    read.extend(options.reports.read.iter().filter_map(|(path, _)| {
        let file = InputFile::open(path).ok()?;
        file.as_read()
    }));
    Ok(Outcome {
        output: Some(options.output.clone()),
        diagnostics,
        stdout,
        read,
        ..Outcome::default()
    })
}

/// The error for an input that does not exist or cannot be read.
fn not_opened(path: &Path, error: InputError) -> Diagnostic {
    let reason = match &error {
        InputError::Missing { .. } => "No such file or directory",
        InputError::Directory(_) => "Is a directory",
        _ => return error.into_diagnostic(),
    };
    let counterpart = format!("cannot open {}: {reason}", path.display());
    error.into_diagnostic().counterpart(counterpart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_told_before_linking() {
        for (line, expected) in [
            ("", "error: no input files"),
            ("/nowhere/a.o", "`/nowhere/a.o`"),
            ("--gc-section", "unknown option `--gc-section`"),
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let outcome = link_command_line(&words);
            let text = outcome.diagnostics[0].to_string();
            assert!(outcome.failed && text.contains(expected), "{line}: {text}");
        }
        let outcome = link_command_line(&["--version".into()]);
        assert!(!outcome.failed && outcome.stdout.contains("xsys"));
    }
}
