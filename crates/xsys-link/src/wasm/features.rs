//! The features that the output uses.
//!
//! Spec: tool-conventions, `Linking.md`, "Target Features Section": with `+` an object says that it uses a feature,
//! with `-` that it must not be linked with objects that use it. The output uses what any of its objects uses.

use std::collections::BTreeSet;

use xsys_diag::Diagnostic;

use crate::wasm::WasmOptions;
use crate::wasm::ids::SymbolKind;
use crate::wasm::leb;
use crate::wasm::live::Live;
use crate::wasm::live::externals::{is_exported, is_imported};
use crate::wasm::object::ObjectFile;
use crate::wasm::symbols::{Definition, Resolved, Symbol};

/// How many files a message lists.
const LISTED: usize = 5;

/// How to build for threads.
const THREADS: &str = "build everything, std as well, with \
    `-C target-feature=+atomics,+bulk-memory` (`xsys build --threads` does)";

fn not_for_threads(names: &[&str]) -> Diagnostic {
    let mut problem = Diagnostic::error(match names {
        [name] => format!("`{name}` cannot be used with `--shared-memory`"),
        _ => format!(
            "{} objects cannot be used with `--shared-memory`",
            names.len()
        ),
    })
    .note("built without `atomics` or `bulk-memory`, they forbid it (`-shared-mem`)")
    .counterpart(format!(
        "--shared-memory is disallowed by {} because it was not compiled with 'atomics' or \
         'bulk-memory' features.",
        names.first().unwrap_or(&"")
    ));
    if names.len() > 1 {
        for name in names.iter().take(LISTED) {
            problem = problem.note(format!("`{name}`"));
        }
    }
    if names.len() > LISTED {
        problem = problem.note(format!("and {} more", names.len() - LISTED));
    }
    problem.help(THREADS)
}

/// Whether a global is mutable.
fn mutable(resolved: &Resolved<'_>, symbol: &Symbol<'_>) -> bool {
    match symbol.definition {
        Definition::Item(file, at) => {
            let globals = &resolved.file(file).globals;
            globals
                .get(at as usize)
                .is_some_and(|global| global.mutable)
        }
        _ => symbol.global_type[1] == 1,
    }
}

/// The error for a feature that one file forbids and others use.
fn forbidden(resolved: &Resolved<'_>, file: &str, feature: &str) -> Diagnostic {
    let users = resolved.files().filter(|(_, object)| {
        let mut features = object.features.iter();
        features.any(|&(prefix, name)| prefix != b'-' && name == feature)
    });
    let users: Vec<&str> = users.map(|(_, object)| object.name.as_str()).collect();
    let mut problem = Diagnostic::error(format!("feature `{feature}` is used and forbidden"))
        .note(format!("{file} forbids it"));
    if let Some(user) = users.last() {
        problem = problem.counterpart(format!(
            "Target feature '{feature}' used in {user} is disallowed by {file}. Use \
             --no-check-features to suppress."
        ));
    }
    for user in users.iter().take(LISTED) {
        problem = problem.note(format!("{user} uses it"));
    }
    match users.len() {
        0 => problem = problem.note("the command line asks for it"),
        count if count > LISTED => {
            problem = problem.note(format!("and {} more", count - LISTED));
        }
        _ => {}
    }
    problem.help(format!(
        "build everything with `-C target-feature=+{feature}`, or everything without it"
    ))
}

fn uses_tls(resolved: &Resolved<'_>, live: &Live) -> bool {
    resolved.files().any(|(file, object)| {
        let segments = object.segments.iter().zip(&live.segments[file.0 as usize]);
        segments
            .into_iter()
            .any(|(segment, live)| segment.tls && *live)
    })
}

/// The output's features, sorted.
#[derive(Debug, Default)]
pub struct Features {
    names: BTreeSet<String>,
}

impl Features {
    /// Merges the objects' lists and checks them for contradictions.
    pub fn collect(options: &WasmOptions, resolved: &Resolved<'_>) -> (Self, Vec<Diagnostic>) {
        // Most objects come from one compiler and have equal lists, which are checked once.
        let mut last: &[(u8, &str)] = &[];
        let mut telling = Vec::new();
        for (_, file) in resolved.files() {
            if file.features != last {
                last = &file.features;
                telling.push(file);
            }
        }
        let listed = || {
            let files = telling.iter();
            files.flat_map(|file| file.features.iter().map(move |feature| (file, feature)))
        };
        let used = listed().filter(|(_, (prefix, _))| *prefix != b'-');
        let mut features = Features {
            names: match &options.features {
                Some(names) => names.iter().cloned().collect(),
                None => used.map(|(_, (_, name))| (*name).to_owned()).collect(),
            },
        };
        let lists = options.extra_features.iter().rev();
        let most = if options.shrink.compat { 1 } else { usize::MAX };
        features.names.extend(lists.take(most).flatten().cloned());
        let mut problems = Vec::new();
        if !options.check_features {
            return (features, problems);
        }
        let mut seen = BTreeSet::new();
        for (file, &(prefix, name)) in listed() {
            // One message for each file and feature.
            if !seen.insert((&file.name, prefix, name)) {
                continue;
            }
            // For wasm-ld only objects use features, not the command line.
            let used = match options.shrink.compat {
                true => listed().any(|(_, used)| used.0 != b'-' && used.1 == name),
                false => features.names.contains(name),
            };
            if prefix == b'-' && name != "shared-mem" && used {
                problems.push(forbidden(resolved, &file.name, name));
            }
            let allowed = match options.shrink.compat {
                true => features.has(name),
                false => features.allows(name),
            };
            if prefix != b'-' && !allowed {
                problems.push(
                    Diagnostic::error(format!("feature `{name}` is not in `--features`"))
                        .note(format!("{} uses it", file.name))
                        .counterpart(format!(
                            "Target feature '{name}' used by {} is not allowed.",
                            file.name
                        ))
                        .help(format!(
                            "add it to the list, or build that file with `-C target-feature=-{name}`"
                        )),
                );
            }
        }
        (features, problems)
    }

    /// Checks that all objects are built for threads, if threads share the memory.
    ///
    /// Code that was compiled without atomic instructions is not safe in a program with threads, even if it shares no
    /// state itself: its compiler may introduce writes, and without atomics the locks of std do nothing. Such objects
    /// forbid `shared-mem`.
    pub fn for_threads(
        &self,
        options: &WasmOptions,
        resolved: &Resolved<'_>,
        live: &Live,
    ) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        if !options.check_features {
            return problems;
        }
        let purpose = if options.memory.shared {
            let forbids = |file: &ObjectFile<'_>| file.features.contains(&(b'-', "shared-mem"));
            let names: Vec<&str> = resolved
                .files()
                .filter(|(_, file)| forbids(file))
                .map(|(_, file)| file.name.as_str())
                .collect();
            if !names.is_empty() {
                problems.push(not_for_threads(&names));
            }
            if options.memory.max == 0 && !options.memory.fixed && !options.shrink.compat {
                problems.push(
                    Diagnostic::warning("shared memory without `--max-memory` cannot grow")
                        .note("its maximum size is its initial size: every allocation beyond it fails")
                        .help(
                            "pass `--max-memory=BYTES`, or `--no-growable-memory` if that is intended",
                        ),
                );
            }
            "shared memory"
        } else if uses_tls(resolved, live) {
            "thread-local storage"
        } else {
            return problems;
        };
        for feature in ["atomics", "bulk-memory"] {
            if !self.has(feature) {
                problems.push(
                    Diagnostic::error(format!("{purpose} needs the feature `{feature}`"))
                        .counterpart(format!(
                            "'{feature}' feature must be used in order to use {purpose}"
                        ))
                        .note("no object uses it, and neither `--features` nor `--extra-features` names it")
                        .help(THREADS),
                );
            }
        }
        problems
    }

    /// Checks that no mutable global is imported or exported unless the output uses `mutable-globals`.
    pub fn for_globals(
        &self,
        options: &WasmOptions,
        resolved: &Resolved<'_>,
        live: &Live,
    ) -> Vec<Diagnostic> {
        // An object is not checked: that happens when it is linked into a module.
        if !options.check_features || options.relocatable || self.has("mutable-globals") {
            return Vec::new();
        }
        let globals = resolved.named().filter(|(id, symbol)| {
            symbol.kind == SymbolKind::Global
                && live.holds(*id, symbol)
                && mutable(resolved, symbol)
        });
        let crossing = globals.filter_map(|(id, symbol)| {
            // `--export-all` does not apply to the linker's own globals.
            let ours = symbol.file.is_none() && !symbol.is_exported_by_name();
            match symbol.is_undefined() {
                true => is_imported(options, id, symbol, live).then_some((symbol, "imported")),
                false if is_exported(options, symbol) && !ours => Some((symbol, "exported")),
                false => None,
            }
        });
        let problems = crossing.map(|(symbol, what)| {
            let name = symbol.name;
            Diagnostic::error(format!("mutable global `{name}` is {what}"))
                .counterpart(format!(
                    "mutable global {what} but 'mutable-globals' feature not present in inputs: \
                     `{name}`. Use --no-check-features to suppress."
                ))
                .note("no object uses the feature `mutable-globals`, which allows that")
                .help(
                    "build with `-C target-feature=+mutable-globals`, or pass \
                     `--extra-features=mutable-globals`: every engine of today has it",
                )
        });
        problems.collect()
    }

    /// Whether the output uses a feature.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a feature may be used. Two of them are parts of older, larger features.
    fn allows(&self, name: &str) -> bool {
        self.has(name)
            || (name == "bulk-memory-opt" && self.has("bulk-memory"))
            || (name == "call-indirect-overlong" && self.has("reference-types"))
    }

    /// The contents of the `target_features` section, with the features that `forbidden` says must not be used.
    /// `None` if there is nothing to say.
    pub fn section(&self, forbidden: &BTreeSet<&str>) -> Option<Vec<u8>> {
        if self.names.is_empty() && forbidden.is_empty() {
            return None;
        }
        let mut out = Vec::new();
        leb::uleb(&mut out, (self.names.len() + forbidden.len()) as u64);
        for name in &self.names {
            out.push(b'+');
            leb::string(&mut out, name);
        }
        for name in forbidden {
            out.push(b'-');
            leb::string(&mut out, name);
        }
        Some(out)
    }
}
