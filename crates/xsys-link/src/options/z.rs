//! The keywords of `-z`: a table like that of the options.
//!
//! `-z` is for options that concern ELF only. As in GNU ld and lld, unknown keywords are warnings, which
//! build systems rely on.

use std::ffi::OsString;

use object::elf;
use xsys_diag::{Diagnostic, Severity, did_you_mean};

use super::build::{Builder, OptionUse, c_number, hex_number};
use super::row::{Arg, Effect};
use super::{ForcedMark, MarkReport, SeparateCode};

/// A keyword.
pub(super) struct ZRow {
    pub name: &'static str,
    /// `Switch` has a form that begins with `no`.
    pub arg: Arg,
    pub act: Effect,
}

impl ZRow {
    /// The help or the reason.
    pub(super) fn text(&self) -> &'static str {
        match self.act {
            Effect::Set(_, text) | Effect::Ignore(text) | Effect::Reject(text) => text,
        }
    }

    /// How the keyword is written.
    pub(super) fn usage(&self) -> String {
        match self.arg {
            Arg::Switch => format!("[no]{}", self.name),
            Arg::Value(value) => format!("{}={value}", self.name),
            Arg::Optional(value) => format!("{}[={value}]", self.name),
            Arg::None | Arg::Prefix(_) => self.name.to_owned(),
        }
    }
}

type Set = fn(&mut Builder, &OptionUse);

const fn flag(name: &'static str, set: Set, help: &'static str) -> ZRow {
    row(name, Arg::None, Effect::Set(set, help))
}

const fn switch(name: &'static str, set: Set, help: &'static str) -> ZRow {
    row(name, Arg::Switch, Effect::Set(set, help))
}

const fn value(name: &'static str, what: &'static str, set: Set, help: &'static str) -> ZRow {
    row(name, Arg::Value(what), Effect::Set(set, help))
}

const fn ignore(name: &'static str, arg: Arg, reason: &'static str) -> ZRow {
    row(name, arg, Effect::Ignore(reason))
}

const fn reject(name: &'static str, arg: Arg, reason: &'static str) -> ZRow {
    row(name, arg, Effect::Reject(reason))
}

const fn row(name: &'static str, arg: Arg, act: Effect) -> ZRow {
    ZRow { name, arg, act }
}

const MARKS: &str = "objects without such properties are linked without a word";
const BARRIERS: &str = "PLT entries have no barriers against speculation";

/// All keywords.
#[rustfmt::skip] // a row a line
pub(super) const Z_TABLE: &[ZRow] = &[
    value("max-page-size", "N", |b, g| b.options.z.max_page_size = page_size(b, g), "segments are aligned to N"),
    value("common-page-size", "N", |b, g| b.options.z.common_page_size = page_size(b, g), "the size of pages the layout is made for"),
    value("stack-size", "N", |b, g| b.options.z.stack_size = b.number(g), "the size in PT_GNU_STACK"),
    switch("relro", |b, g| b.options.z.relro = Some(g.on), "protect data that is constant after start-up"),
    flag("now", |b, _| b.options.z.now = true, "resolve everything at start-up"),
    flag("lazy", |b, _| b.options.z.now = false, "undo now"),
    switch("execstack", |b, g| b.options.z.exec_stack = Some(g.on), "the stack is executable"),
    flag("nognustack", |b, _| b.options.z.no_gnu_stack = true, "write no PT_GNU_STACK"),
    switch("text", |b, g| b.options.z.text = g.on, "relocations in read-only segments are errors"),
    flag("textoff", |b, _| b.options.z.text = false, "the same as notext"),
    switch("separate-code", |b, g| { b.options.z.separate_code = if g.on { SeparateCode::Code } else { SeparateCode::None } }, "code has pages of its own"),
    flag("separate-loadable-segments", |b, _| b.options.z.separate_code = SeparateCode::Loadable, "every segment has pages of its own"),
    switch("start-stop-gc", |b, g| b.options.z.start_stop_gc = g.on, "__start_X does not keep sections named X"),
    switch("keep-text-section-prefix", |b, g| b.options.z.keep_text_section_prefix = g.on, "keep .text.hot and so on apart"),
    ignore("rodynamic", Arg::None, "`.dynamic` stays with the data that start-up code relocates"),
    flag("wxneeded", |b, _| b.options.z.wxneeded = true, "write PT_OPENBSD_WXNEEDED"),
    ignore("combreloc", Arg::Switch, "dynamic relocations stand in the order of their addresses"),
    flag("muldefs", |b, _| b.options.symbols.allow_multiple_definition = true, "the first definition of a symbol counts"),
    flag("defs", |b, _| b.ignore_unresolved = Some(false), "undefined symbols are errors"),
    flag("undefs", |b, _| b.ignore_unresolved = Some(true), "undefined symbols are not errors"),
    value("dead-reloc-in-nonalloc", "GLOB=N", dead_reloc, "what references to dropped sections read as"),
    flag("global", |b, _| b.options.dynamic.flags_1 |= 0x2, "its symbols are seen by all later files of the process"),
    flag("globalaudit", |b, _| b.options.dynamic.flags_1 |= 0x1000000, "audit libraries see all of the program"),
    flag("initfirst", |b, _| b.options.dynamic.flags_1 |= 0x20, "its initialisers run before all others"),
    flag("interpose", |b, _| b.options.dynamic.flags_1 |= 0x400, "its symbols go before those of other libraries"),
    flag("loadfltr", |b, _| b.options.dynamic.flags_1 |= 0x10, "filters are loaded at once"),
    flag("nodefaultlib", |b, _| b.options.dynamic.flags_1 |= 0x800, "the default directories are not searched"),
    flag("nodelete", |b, _| b.options.dynamic.flags_1 |= 0x8, "it stays loaded until the process ends"),
    flag("nodlopen", |b, _| b.options.dynamic.flags_1 |= 0x40, "dlopen refuses it"),
    flag("nodump", |b, _| b.options.dynamic.flags_1 |= 0x1000, "dldump refuses it"),
    flag("origin", |b, _| { b.options.dynamic.flags |= 1; b.options.dynamic.flags_1 |= 0x80 }, "paths use $ORIGIN"),
    switch("copyreloc", |b, g| b.options.dynamic.copy_relocs = g.on, "the executable may have copies of variables of libraries"),
    switch("dynamic-undefined-weak", |b, g| b.options.dynamic.undefined_weak = Some(g.on), "the dynamic linker looks for weak symbols that nothing defines"),
    ignore("extern-protected-data", Arg::Switch, "variables of protected visibility are never copied"),
    ignore("indirect-extern-access", Arg::Switch, "the code decides whether a variable is copied"),
    ignore("unique-symbol", Arg::Switch, "local symbols keep their names"),
    ignore("mark-plt", Arg::Switch, "relocations of the PLT carry no addresses of its entries"),
    ignore("ifunc-noplt", Arg::None, "IFUNCs are called through the PLT"),
    value(
        "start-stop-visibility",
        "default|protected|hidden|internal",
        |b, g| {
            let choices = [
                ("default", elf::STV_DEFAULT.0),
                ("protected", elf::STV_PROTECTED.0),
                ("hidden", elf::STV_HIDDEN.0),
                ("internal", elf::STV_INTERNAL.0),
            ];
            if let Some(visibility) = b.choice(g, &choices) {
                b.options.z.start_stop_visibility = visibility;
            }
        },
        "who sees __start_X and __stop_X",
    ),
    ignore("pack-relative-relocs", Arg::Switch, "dynamic relocations are written in full, which every start-up code takes"),
    ignore("rel", Arg::None, "each psABI has one form of dynamic relocations"),
    ignore("rela", Arg::None, "each psABI has one form of dynamic relocations"),
    ignore("common", Arg::Switch, "common symbols become ordinary ones"),
    ignore("report-relative-reloc", Arg::None, "concerns the internals of other linkers"),
    value("cet-report", "none|warning|error", |b, g| report(b, g, "cet-report", &["IBT", "SHSTK"]), "report objects that are not marked for IBT or SHSTK"),
    value("bti-report", "none|warning|error", |b, g| report(b, g, "bti-report", &["BTI"]), "report objects that are not marked for BTI"),
    value("gcs-report", "none|warning|error", |b, g| report(b, g, "gcs-report", &["GCS"]), "report objects that are not marked for GCS"),
    flag("force-ibt", |b, _| force(b, "force-ibt", "IBT"), "mark the image for IBT and report objects that are not marked"),
    flag("force-bti", |b, _| force(b, "force-bti", "BTI"), "mark the image for BTI and report objects that are not marked"),
    flag("pac-plt", |b, _| force(b, "pac-plt", "PAC"), "mark the image for PAC and report objects that are not marked"),
    flag("ibt", |b, _| whole(b, "ibt", "IBT", Some(true)), "mark the image for IBT"),
    flag("shstk", |b, _| whole(b, "shstk", "SHSTK", Some(true)), "mark the image for SHSTK"),
    value("gcs", "implicit|always|never", |b, g| {
        let choices = [("implicit", None), ("always", Some(true)), ("never", Some(false))];
        if let Some(on) = b.choice(g, &choices) {
            b.options.z.marks.forced.retain(|other| other.keyword != "gcs");
            whole(b, "gcs", "GCS", on.filter(|on| !on));
            if on == Some(true) {
                force(b, "gcs", "GCS");
            }
        }
    }, "mark the image for GCS: if all objects are, always (and report those that are not), or never"),
    ignore("gcs-report-dynamic", Arg::Value("V"), MARKS),
    ignore("pauth-report", Arg::Value("V"), MARKS),
    ignore("lam-report", Arg::Value("V"), MARKS),
    ignore("isa-level-report", Arg::Value("V"), MARKS),
    ignore("ibtplt", Arg::None, "an image that is marked for IBT has entries that are, too"),
    reject("retpolineplt", Arg::None, BARRIERS),
    reject("hazardplt", Arg::None, BARRIERS),
    ignore("memory-seal", Arg::Switch, "the system seals what programs ask it to"),
    reject("nosectionheader", Arg::None, "section headers are always written; `xsys strip` makes the file smaller"),
];

/// Carries out one `-z`.
pub(super) fn apply_z(builder: &mut Builder, given: &OptionUse) {
    let Some(text) = builder.text(given) else {
        return;
    };
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text.as_str(), None),
    };
    let Some((row, on)) = find(name) else {
        let mut diagnostic = Diagnostic::warning(format!("unknown keyword `-z {text}` is ignored"));
        let names = Z_TABLE.iter().map(|row| row.name);
        if let Some(close) = did_you_mean(name, names) {
            diagnostic = diagnostic.help(format!("did you mean `-z {close}`"));
        }
        builder.diagnostics.push(diagnostic);
        return;
    };
    let spelled = format!("-z {name}");
    match (row.arg, value) {
        (Arg::Value(what), None) => {
            builder.error(format!(
                "keyword `{spelled}` needs a value: `{name}={what}`"
            ));
        }
        (Arg::None | Arg::Switch, Some(_)) => {
            builder.error(format!("keyword `{spelled}` takes no value"));
        }
        _ => match row.act {
            Effect::Set(set, _) => {
                let given = OptionUse {
                    spelled: &spelled,
                    value: value.map(OsString::from),
                    on,
                };
                set(builder, &given);
            }
            Effect::Ignore(_) => {}
            Effect::Reject(reason) => builder.diagnostics.push(
                Diagnostic::error(format!("keyword `{spelled}` is not supported")).note(reason),
            ),
        },
    }
}

/// The row of a keyword, and whether it is meant or its opposite.
pub(super) fn find(name: &str) -> Option<(&'static ZRow, bool)> {
    let exact = Z_TABLE.iter().find(|row| row.name == name);
    exact.map(|row| (row, true)).or_else(|| {
        let name = name.strip_prefix("no")?;
        let row = Z_TABLE
            .iter()
            .find(|row| row.name == name && matches!(row.arg, Arg::Switch))?;
        Some((row, false))
    })
}

fn page_size(builder: &mut Builder, given: &OptionUse) -> Option<u64> {
    let size = builder.number(given)?;
    if !size.is_power_of_two() {
        builder.error(format!(
            "keyword `{}` needs a power of two, not {size:#x}",
            given.spelled
        ));
        return None;
    }
    Some(size)
}

/// Objects without marks are reported.
fn report(
    builder: &mut Builder,
    given: &OptionUse,
    keyword: &'static str,
    marks: &'static [&'static str],
) {
    let choices = [
        ("none", None),
        ("warning", Some(Severity::Warning)),
        ("error", Some(Severity::Error)),
    ];
    let Some(severity) = builder.choice(given, &choices) else {
        return;
    };
    let reports = &mut builder.options.z.marks.reports;
    reports.retain(|report| report.keyword != keyword);
    reports.extend(severity.map(|severity| MarkReport {
        keyword,
        marks,
        severity,
    }));
}

/// Every object gets a mark.
fn force(builder: &mut Builder, keyword: &'static str, mark: &'static str) {
    let on = true;
    let force = ForcedMark { keyword, mark, on };
    builder.options.z.marks.forced.push(force);
}

/// The image gets a mark, or loses it.
fn whole(builder: &mut Builder, keyword: &'static str, mark: &'static str, on: Option<bool>) {
    let whole = &mut builder.options.z.marks.whole;
    whole.retain(|other| other.keyword != keyword);
    whole.extend(on.map(|on| ForcedMark { keyword, mark, on }));
}

fn dead_reloc(builder: &mut Builder, given: &OptionUse) {
    let Some((glob, text)) = builder.pair(given, "GLOB=NUMBER") else {
        return;
    };
    let number = c_number(&text).or_else(|| hex_number(&text));
    if let Some(number) = builder.parsed(given.spelled, &text, number) {
        builder
            .options
            .z
            .dead_reloc_in_nonalloc
            .push((glob, number));
    }
}
