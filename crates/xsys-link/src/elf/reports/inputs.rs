//! Reports about inputs: `--trace`, `--trace-symbol`, `--why-extract`, `--print-archive-stats`,
//! `--dependency-file`.
//!
//! They say which files were linked, which refer to a symbol, and why a member was linked, in the forms
//! that people and build systems know from GNU ld and lld. Nothing is computed unless an option asks for
//! it. Spec: GNU ld manual, `--trace`, `--trace-symbol`, `--dependency-file`; `ld.lld(1)`.

use std::fmt::Write;

use xsys_diag::Diagnostic;

use crate::elf::ids::SymbolId;
use crate::elf::names::Map;
use crate::elf::object::{ObjectFile, SymbolPlace};
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::input::archive::Archive;
use crate::input::kind::FileKind;
use crate::input::map::FileStore;
use crate::options::{ElfOptions, MapTo};

/// Makes the reports after resolution; those on standard output are returned.
pub(crate) fn report(
    resolution: &Resolution<'_>,
    store: &FileStore,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    let mut out = String::new();
    if options.reports.trace {
        for file in &resolution.files {
            let _ = writeln!(out, "{}", file.name);
        }
    }
    for name in &options.reports.trace_symbol {
        out += &mentions(resolution, name);
    }
    let reports = [
        (
            &options.reports.why_extract,
            why_extract as fn(&_, &_) -> String,
        ),
        (&options.reports.archive_stats, archive_stats),
    ];
    for (to, make) in reports {
        if let Some(to) = to {
            deliver(to, make(resolution, store), &mut out, diagnostics);
        }
    }
    if let Some(path) = &options.reports.dependency_file {
        let rule = dependencies(store, options);
        deliver(&MapTo::File(path.clone()), rule, &mut out, diagnostics);
    }
    out
}

fn deliver(to: &MapTo, text: String, stdout: &mut String, diagnostics: &mut Vec<Diagnostic>) {
    match to {
        MapTo::Stdout => stdout.push_str(&text),
        MapTo::File(path) => {
            if let Err(error) = std::fs::write(path, text) {
                let shown = path.display();
                diagnostics.push(Diagnostic::error(format!(
                    "cannot write `{shown}`: {error}"
                )));
            }
        }
    }
}

/// `--trace-symbol`: a line for each file that mentions the symbol.
fn mentions(resolution: &Resolution<'_>, name: &str) -> String {
    let mut out = String::new();
    let Some(id) = resolution.find(name.as_bytes()) else {
        return format!("`{name}`: no file mentions it\n");
    };
    for (file, globals) in resolution.globals.iter().enumerate() {
        let object = &resolution.files[file];
        for position in (0..globals.len()).filter(|at| globals[*at] == id) {
            let entry = object.symbols.get(object.first_global + position);
            let how = match entry.place {
                SymbolPlace::Undefined => "reference to",
                SymbolPlace::Common => "common definition of",
                _ => "definition of",
            };
            let _ = writeln!(out, "{}: {how} {name}", object.name);
        }
    }
    match resolution.symbol(id).definition {
        Definition::Script => out += &format!("a script: definition of {name}\n"),
        Definition::Linker => out += &format!("the linker: definition of {name}\n"),
        Definition::Lazy { .. } => out += &format!("an archive: unused definition of {name}\n"),
        _ => {}
    }
    out
}

/// `--why-extract`: the file and the symbol that pulled each archive member.
fn why_extract(resolution: &Resolution<'_>, _: &FileStore) -> String {
    let mut out = String::from("reference\textracted\tsymbol\n");
    for (file, id) in &resolution.extracted {
        let by = resolution
            .globals
            .iter()
            .enumerate()
            .find(|(at, globals)| refers(&resolution.files[*at], globals, *id));
        let by = by.map_or("<internal>".to_owned(), |(at, _)| {
            resolution.files[at].name.to_string()
        });
        let extracted = &resolution.files[file.0 as usize].name;
        let symbol = crate::elf::names::demangle(resolution.symbol(*id).name);
        let _ = writeln!(out, "{by}\t{extracted}\t{symbol}");
    }
    out
}

fn refers(object: &ObjectFile<'_>, globals: &[SymbolId], id: SymbolId) -> bool {
    globals.iter().enumerate().any(|(position, own)| {
        let entry = object.symbols.get(object.first_global + position);
        *own == id && entry.place == SymbolPlace::Undefined
    })
}

/// `--print-archive-stats`: members, linked members and name of each archive.
fn archive_stats(resolution: &Resolution<'_>, store: &FileStore) -> String {
    let mut linked: Map<&std::path::Path, usize> = Map::default();
    for file in resolution.files.iter().filter(|f| f.name.member.is_some()) {
        *linked.entry(file.name.path).or_default() += 1;
    }
    let mut rows: Vec<String> = store
        .iter()
        .filter(|file| {
            let kind = FileKind::of(file.bytes());
            matches!(kind, FileKind::Archive | FileKind::ThinArchive)
        })
        .filter_map(|file| {
            let archive = Archive::parse(&file.path, file.bytes()).ok()?;
            let members = archive.members().count();
            let used = linked.get(file.path.as_path()).copied().unwrap_or(0);
            Some(format!("{members}\t{used}\t{}\n", file.path.display()))
        })
        .collect();
    rows.sort_by(|a, b| a.rsplit('\t').next().cmp(&b.rsplit('\t').next()));
    format!("members\textracted\tarchive\n{}", rows.concat())
}

/// `--dependency-file`: a rule for make, and an empty one for each input, so that make does not stop
/// when one is gone.
fn dependencies(store: &FileStore, options: &ElfOptions) -> String {
    // Make's own special characters in names (GNU make manual, "Rule Syntax").
    let quoted = |path: &std::path::Path| -> String {
        let mut out = String::new();
        for c in path.to_string_lossy().chars() {
            match c {
                ' ' | '#' => out.push('\\'),
                '$' => out.push('$'),
                _ => {}
            }
            out.push(c);
        }
        out
    };
    let mut inputs: Vec<String> = store
        .iter()
        .filter(|file| file.path.exists())
        .map(|file| quoted(&file.path))
        .collect();
    inputs.sort();
    let mut out = format!("{}:", quoted(&options.output));
    for input in &inputs {
        let _ = write!(out, " \\\n  {input}");
    }
    out.push('\n');
    for input in &inputs {
        let _ = write!(out, "\n{input}:\n");
    }
    out
}
