//! Reports errors in live relocations that are found without addresses.
//!
//! Each undefined symbol is reported once, with some of the places that refer to it; other errors are reported for
//! each place.

use xsys_diag::{Diagnostic, Severity};

use crate::elf::arch::{Arch, RelocRule};
use crate::elf::ids::SectionId;
use crate::elf::names::{Map, demangle};
use crate::elf::sections::Sections;
use crate::elf::sections::describe::describe_place;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::symbols::hints::{for_symbol, similar_symbol};
use crate::elf::symbols::resolve::{Definition, Resolution};
use crate::options::{ElfOptions, OutputKind, Unresolved};

/// A relocation with an error.
pub(super) struct ScanProblem {
    /// Its offset in the section.
    pub offset: u64,
    /// The error.
    pub what: What,
}

/// The error of a relocation.
pub(super) enum What {
    Undefined(SymRef),
    /// In a section that was discarded with its COMDAT group.
    Discarded(SymRef),
    UnknownType(u32),
    OutOfBounds,
    /// It needs a fixed address.
    NotPic(&'static RelocRule, SymRef),
    NotTls(&'static RelocRule, SymRef),
    /// The start-up code would have to write into a section that is not writable.
    ReadOnly(&'static RelocRule, SymRef),
}

/// What is needed to report errors.
pub(super) struct Reporter<'r, 'a> {
    pub arch: &'r dyn Arch,
    pub resolution: &'r Resolution<'a>,
    pub sections: &'r Sections,
    pub options: &'r ElfOptions,
}

/// A symbol that nothing defines, and the references to it.
struct Undefined {
    symbol: SymRef,
    /// Some of the places.
    places: Vec<String>,
    count: usize,
}

impl Reporter<'_, '_> {
    /// Reports all errors, undefined symbols last.
    pub(super) fn report(
        &self,
        problems: Vec<(SectionId, ScanProblem)>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut undefined: Vec<Undefined> = Vec::new();
        let mut index: Map<SymRef, usize> = Map::default();
        for (id, ScanProblem { offset, what }) in problems {
            let What::Undefined(symbol) = what else {
                diagnostics.extend(self.diagnostic(id, offset, what));
                continue;
            };
            let at = *index.entry(symbol).or_insert_with(|| {
                undefined.push(Undefined {
                    symbol,
                    places: Vec::new(),
                    count: 0,
                });
                undefined.len() - 1
            });
            let known = &mut undefined[at];
            known.count += 1;
            if known.places.len() < 3 {
                let place = self.place(id, offset);
                if !known.places.contains(&place) {
                    known.places.push(place);
                }
            }
        }
        for Undefined {
            symbol,
            places,
            count,
        } in undefined
        {
            let diagnostic = undefined_symbol(self.resolution, symbol, &places, count);
            match self.options.symbols.unresolved {
                // Other files are asked for symbols of default visibility only.
                Unresolved::Ignore if self.options.kind.is_shared() => diagnostics
                    .push(diagnostic.note("its visibility says that this library defines it")),
                Unresolved::Ignore => {}
                Unresolved::Warn => diagnostics.push(Diagnostic {
                    severity: Severity::Warning,
                    ..diagnostic
                }),
                Unresolved::Error => diagnostics.push(diagnostic),
            }
        }
    }

    fn place(&self, id: SectionId, offset: u64) -> String {
        describe_place(self.resolution, self.sections, id, offset)
    }

    fn name(&self, symbol: SymRef) -> String {
        demangle(symbol.name(self.resolution))
    }

    /// Where a fixed address cannot be.
    fn not_pic(&self) -> &'static str {
        match self.options.kind {
            OutputKind::Shared => " cannot be used in a shared library",
            OutputKind::DynamicExec => {
                " needs a copy of what a library defines, which cannot be made"
            }
            _ => " cannot be used in a position-independent executable",
        }
    }

    /// The diagnostic for the error of one relocation, which is in `place`.
    fn against(&self, rule: &RelocRule, symbol: SymRef, wrong: &str, place: &str) -> Diagnostic {
        let name = self.name(symbol);
        Diagnostic::error(format!(
            "relocation `{}` against `{name}`{wrong}",
            rule.name
        ))
        .note(format!("in {place}"))
    }

    fn diagnostic(&self, id: SectionId, offset: u64, what: What) -> Option<Diagnostic> {
        if matches!(what, What::ReadOnly(..)) && !self.options.z.text {
            return None;
        }
        let place = self.place(id, offset);
        Some(match what {
            What::Undefined(_) => return None,
            What::Discarded(symbol) => Diagnostic::error(format!(
                "`{}` is in a section that was discarded with its COMDAT group",
                self.name(symbol)
            ))
            .note(format!("referenced by {place}"))
            .help("the objects disagree about the contents of the group; rebuild all of them with one compiler"),
            What::UnknownType(r_type) => self.unknown(r_type, &place),
            What::OutOfBounds => Diagnostic::error(format!(
                "a relocation at offset {offset:#x} lies outside its section of {:#x} bytes",
                self.sections.outline(self.resolution, id).size
            ))
            .note(format!("in {place}"))
            .help("the object is damaged; rebuild it"),
            What::NotTls(rule, symbol) => {
                let home = match symbol.value_source(self.resolution, self.sections) {
                    ValueSource::Section(home, _) => self.sections.outline(self.resolution, home).name,
                    _ => b"*ABS*",
                };
                self.against(rule, symbol, ", which is not thread-local", &place)
                    .note(format!(
                        "its definition is in section `{}`",
                        String::from_utf8_lossy(home)
                    ))
                    .help("declare it the same way on both sides: `#[thread_local]`, `thread_local`, `.tdata`")
            }
            What::ReadOnly(rule, symbol) => self
                .against(rule, symbol, " changes a section that is not writable", &place)
                .note("the address is known when the program starts, which cannot write there then")
                .help("put it into a writable section, such as `.data.rel.ro`; compilers do with `-fPIE` and `-Crelocation-model=pic`")
                .help("or pass `-z notext`, if the start-up code makes the section writable"),
            What::NotPic(rule, symbol) => self
                .against(rule, symbol, self.not_pic(), &place)
                .help(match self.options.kind.is_shared() {
                    true => "compile with `-Crelocation-model=pic`, C with `-fPIC`",
                    false => "compile with `-Crelocation-model=pic`, or link a fixed-address executable with `-Crelocation-model=static`",
                }),
        })
    }

    /// A type that has no rule.
    fn unknown(&self, r_type: u32, place: &str) -> Diagnostic {
        let Some(name) = self.arch.refused(r_type) else {
            return Diagnostic::error(format!(
                "unknown relocation type {r_type} for {}",
                self.arch.name()
            ))
            .note(format!("in {place}"))
            .help("only dynamic linkers know it, or the object is damaged; rebuild it as a static object");
        };
        let diagnostic = Diagnostic::error(format!(
            "relocation `{name}` ({r_type}) cannot be used in a static link"
        ))
        .note(format!("in {place}"));
        match name {
            _ if name.contains("_AUTH_") => diagnostic.help("a run-time linker has to sign the pointer; compile for an ABI whose pointers are not signed in memory (no `pauthtest`)"),
            _ if name.contains("TLS") => diagnostic.help("compile with a static TLS model: `-Ztls-model=local-exec` or `initial-exec`"),
            _ => diagnostic.help("it belongs to run-time linkers, obsolete tools or position-independent function descriptors; build the object for the link's target"),
        }
    }
}

fn undefined_symbol(
    resolution: &Resolution<'_>,
    symbol: SymRef,
    places: &[String],
    count: usize,
) -> Diagnostic {
    let raw = String::from_utf8_lossy(symbol.name(resolution)).into_owned();
    let name = demangle(raw.as_bytes());
    // Scripts search for these words as lld writes them.
    let mut diagnostic =
        Diagnostic::error(format!("undefined symbol: {name}")).code("undefined-symbol");
    if name != raw {
        diagnostic = diagnostic.note(format!("its mangled name is `{raw}`"));
    }
    for place in places {
        diagnostic = diagnostic.note(format!("referenced by {place}"));
    }
    if count > places.len() {
        diagnostic = diagnostic.note(format!("referenced {} more times", count - places.len()));
    }
    if let Some(hint) = for_symbol(&raw) {
        diagnostic = diagnostic.help(hint);
    } else if let Some(close) = similar_symbol(resolution, &raw) {
        diagnostic = diagnostic.help(format!("there is a symbol with a similar name: `{close}`"));
    }
    diagnostic
}

/// `--require-defined` and undefined entry points named on the command line.
pub(crate) fn check_required(
    resolution: &Resolution<'_>,
    options: &ElfOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for name in &options.symbols.require_defined {
        let defined = resolution.find(name.as_bytes()).is_some_and(|id| {
            !matches!(
                resolution.symbol(id).definition,
                Definition::Undefined | Definition::Lazy { .. }
            )
        });
        if !defined {
            diagnostics.push(
                Diagnostic::error(format!("required symbol `{name}` is not defined"))
                    .note(format!("`--require-defined={name}` asks for it"))
                    .help(match similar_symbol(resolution, name) {
                        Some(close) => format!("did you mean `{close}`?"),
                        None => "link the object or archive that defines it".to_owned(),
                    }),
            );
        }
    }
}
