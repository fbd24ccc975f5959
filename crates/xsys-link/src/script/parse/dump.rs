//! The tree in a compact form, for the parser's tests: a line for each command, much as in a script,
//! with defaults left out and expressions in prefix form.

use crate::script::ast::*;

/// One line for each command of a script.
pub(super) fn script(script: &Script) -> String {
    let lines: Vec<String> = script.commands.iter().map(command).collect();
    lines.join("\n")
}

fn names(names: &[Name]) -> String {
    let texts: Vec<&str> = names.iter().map(|name| &*name.text).collect();
    texts.join(" ")
}

fn command(command: &Command) -> String {
    match command {
        Command::Entry(name) => format!("entry {}", name.text),
        Command::Extern(list) => format!("extern {}", names(list)),
        Command::Output(name) => format!("output {}", name.text),
        Command::OutputFormat {
            default,
            big,
            little,
        } => {
            let rest: Vec<&str> = [big, little]
                .into_iter()
                .flatten()
                .map(|name| &*name.text)
                .collect();
            format!("format {} {}", default.text, rest.join(" "))
                .trim_end()
                .to_owned()
        }
        Command::OutputArch(name) => format!("arch {}", name.text),
        Command::Target(name) => format!("target {}", name.text),
        Command::SearchDir(name) => format!("search {}", name.text),
        Command::Input(files) => format!("input{}", inputs(files)),
        Command::Group(files) => format!("group{}", inputs(files)),
        Command::Startup(name) => format!("startup {}", name.text),
        Command::Memory(regions) => {
            let lines: Vec<String> = regions.iter().map(region).collect();
            format!("memory [{}]", lines.join(", "))
        }
        Command::RegionAlias { alias, region } => format!("alias {} {}", alias.text, region.text),
        Command::Phdrs(phdrs) => {
            let lines: Vec<String> = phdrs.iter().map(phdr).collect();
            format!("phdrs [{}]", lines.join(", "))
        }
        Command::Sections(items) => {
            let lines: Vec<String> = items.iter().map(sections_item).collect();
            format!("sections [{}]", lines.join(", "))
        }
        Command::Insert { after, section } => {
            format!(
                "insert {} {}",
                if *after { "after" } else { "before" },
                section.text
            )
        }
        Command::Assign(assign) => assignment(assign),
        Command::Assert(found) => assert(found),
        Command::Overwrite(sections) => {
            let sections: Vec<String> = sections.iter().map(output).collect();
            format!("overwrite [{}]", sections.join(", "))
        }
        Command::Version(nodes) | Command::SymbolList { nodes, .. } => {
            let nodes: Vec<String> = nodes.iter().map(version).collect();
            format!("version [{}]", nodes.join(", "))
        }
        Command::NoCrossRefs { sections, to_first } => {
            format!(
                "nocrossrefs{} {}",
                if *to_first { "_to" } else { "" },
                names(sections)
            )
        }
        Command::Flag(name) => format!("flag {}", name.text),
    }
}

fn version(node: &VersionNode) -> String {
    let patterns = |list: &[VersionPattern]| -> String {
        let shown = list.iter().map(|p| {
            let (exact, demangled) = (p.exact, p.demangled);
            let text = &p.pattern.text;
            format!(
                " {}{}{text}",
                if exact { "=" } else { "" },
                if demangled { "c++:" } else { "" }
            )
        });
        shown.collect()
    };
    format!(
        "{} global{} local{}{}",
        node.name.as_ref().map_or("-", |name| &*name.text),
        patterns(&node.global),
        patterns(&node.local),
        node.parents
            .iter()
            .map(|parent| format!(" <{}", parent.text))
            .collect::<String>(),
    )
}

fn inputs(files: &[InputFile]) -> String {
    files
        .iter()
        .map(|file| {
            format!(
                " {}{}",
                if file.as_needed { "?" } else { "" },
                file.name.text
            )
        })
        .collect()
}

fn region(region: &Region) -> String {
    let attributes = match region.attributes.as_str() {
        "" => String::new(),
        attributes => format!("({attributes})"),
    };
    format!(
        "{}{attributes} {} {}",
        region.name.text,
        expr(&region.origin),
        expr(&region.length)
    )
}

fn option(prefix: &str, value: Option<&Expr>) -> String {
    value.map_or(String::new(), |value| format!("{prefix}{}", expr(value)))
}

fn phdr(phdr: &Phdr) -> String {
    format!(
        "{} {}{}{}{}{}",
        phdr.name.text,
        expr(&phdr.p_type),
        if phdr.filehdr { " filehdr" } else { "" },
        if phdr.phdrs { " phdrs" } else { "" },
        option(" at=", phdr.at.as_ref()),
        option(" flags=", phdr.flags.as_ref()),
    )
}

fn assignment(assign: &Assignment) -> String {
    let prefix = match (assign.provide, assign.hidden) {
        (false, false) => "",
        (true, false) => "provide ",
        (false, true) => "hidden ",
        (true, true) => "provide_hidden ",
    };
    let op = assign.op.map_or("", operator);
    format!(
        "{prefix}{} {op}= {}",
        assign.symbol.text,
        expr(&assign.value)
    )
}

fn assert(assert: &Assert) -> String {
    format!("assert {} {:?}", expr(&assert.condition), assert.message)
}

fn sections_item(item: &SectionsItem) -> String {
    match item {
        SectionsItem::Assign(assign) => assignment(assign),
        SectionsItem::Assert(found) => assert(found),
        SectionsItem::Entry(name) => format!("entry {}", name.text),
        SectionsItem::Output(section) => output(section),
        SectionsItem::Class(class) => {
            let patterns: Vec<String> = class.patterns.iter().map(pattern).collect();
            format!("class {} {{{}}}", class.name.text, patterns.join("; "))
        }
        SectionsItem::Overlay(overlay) => {
            let sections: Vec<String> = overlay.sections.iter().map(output).collect();
            format!(
                "overlay{}{}{} [{}]{}",
                option(" @", overlay.start.as_ref()),
                if overlay.no_cross_refs {
                    " nocrossrefs"
                } else {
                    ""
                },
                option(" at=", overlay.at.as_ref()),
                sections.join(", "),
                trailer(
                    &overlay.region,
                    &overlay.load_region,
                    &overlay.phdrs,
                    overlay.fill.as_ref()
                ),
            )
        }
    }
}

fn trailer(
    region: &Option<Name>,
    load: &Option<Name>,
    phdrs: &[Name],
    fill: Option<&Expr>,
) -> String {
    let mut out = String::new();
    if let Some(name) = region {
        out += &format!(" >{}", name.text);
    }
    if let Some(name) = load {
        out += &format!(" AT>{}", name.text);
    }
    for name in phdrs {
        out += &format!(" :{}", name.text);
    }
    out + &option(" =", fill)
}

fn output(section: &OutputSectionDef) -> String {
    let kind = match &section.kind {
        None => String::new(),
        Some(SectionKind::NoLoad { read_only }) => {
            format!(" ({}noload)", if *read_only { "ro " } else { "" })
        }
        Some(SectionKind::NonAlloc) => " (info)".to_owned(),
        Some(SectionKind::ReadOnly) => " (ro)".to_owned(),
        Some(SectionKind::Type { value, read_only }) => {
            format!(
                " ({}type {})",
                if *read_only { "ro " } else { "" },
                expr(value)
            )
        }
    };
    let constraint = match section.constraint {
        None => "",
        Some(Constraint::OnlyIfReadOnly) => " if_ro",
        Some(Constraint::OnlyIfReadWrite) => " if_rw",
    };
    let items: Vec<String> = section.items.iter().map(item).collect();
    format!(
        "{}{}{kind}{}{}{}{}{constraint} {{{}}}{}",
        section.name.text,
        option(" @", section.addr.as_ref()),
        option(" at=", section.at.as_ref()),
        option(" align=", section.align.as_ref()),
        if section.align_with_input {
            " with_input"
        } else {
            ""
        },
        option(" subalign=", section.subalign.as_ref()),
        items.join("; "),
        trailer(
            &section.region,
            &section.load_region,
            &section.phdrs,
            section.fill.as_ref()
        ),
    )
}

fn item(item: &SectionItem) -> String {
    match item {
        SectionItem::Assign(assign) => assignment(assign),
        SectionItem::Assert(found) => assert(found),
        SectionItem::Data { size, value, .. } => format!("data{size} {}", expr(value)),
        SectionItem::Bytes(bytes) => format!("bytes {}", bytes.escape_ascii()),
        SectionItem::Fill(value) => format!("fill {}", expr(value)),
        SectionItem::Input(found) => pattern(found),
        SectionItem::Class(name) => format!("class {}", name.text),
        SectionItem::Constructors(_) => "constructors".to_owned(),
        SectionItem::LinkerVersion(_) => "linker_version".to_owned(),
    }
}

fn file(pattern: &FilePattern) -> String {
    let text = |glob: &Option<Glob>| {
        glob.as_ref()
            .map_or(String::new(), |glob| glob.text.to_string())
    };
    match &pattern.archive {
        None => text(&pattern.file),
        archive => format!("{}:{}", text(archive), text(&pattern.file)),
    }
}

fn files(prefix: &str, list: &[FilePattern]) -> String {
    list.iter()
        .map(|pattern| format!("{prefix}{} ", file(pattern)))
        .collect()
}

fn sort(sort: Sort) -> &'static str {
    match sort {
        Sort::Default => "",
        Sort::None => "none^",
        Sort::Name => "name^",
        Sort::Alignment => "align^",
        Sort::InitPriority => "init^",
    }
}

fn pattern(input: &InputPattern) -> String {
    let sections: Vec<String> = input
        .sections
        .iter()
        .map(|section| {
            format!(
                "{}{}{}{}{}",
                files("-", &section.exclude),
                sort(section.sort[0]),
                sort(section.sort[1]),
                if section.reverse { "reverse^" } else { "" },
                section.name.text
            )
        })
        .collect();
    let flags = input
        .flags
        .map_or(String::new(), |(yes, no)| format!("[{yes:#x} !{no:#x}] "));
    format!(
        "{}{flags}{}{}{}{}({})",
        if input.keep { "keep " } else { "" },
        files("-", &input.exclude),
        sort(input.file_sort),
        if input.file_reverse { "reverse^" } else { "" },
        file(&input.file),
        sections.join(" ")
    )
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitXor => "^",
        BinaryOp::BitOr => "|",
        BinaryOp::And => "&&",
        BinaryOp::Or => "||",
    }
}

/// An expression in prefix form.
pub(super) fn expr(found: &Expr) -> String {
    let call = |name: &str, parts: &[&Expr]| {
        let parts: Vec<String> = parts.iter().map(|part| expr(part)).collect();
        format!("({name} {})", parts.join(" "))
    };
    match &found.kind {
        ExprKind::Number(value) if *value < 16 => value.to_string(),
        ExprKind::Number(value) => format!("{value:#x}"),
        ExprKind::Symbol(name) => name.to_string(),
        ExprKind::Dot => ".".to_owned(),
        ExprKind::Unary(UnaryOp::Neg, a) => call("neg", &[a]),
        ExprKind::Unary(UnaryOp::BitNot, a) => call("~", &[a]),
        ExprKind::Unary(UnaryOp::Not, a) => call("!", &[a]),
        ExprKind::Binary(op, a, b) => call(operator(*op), &[a, b]),
        ExprKind::Ternary(a, b, c) => call("?", &[a, b, c]),
        ExprKind::Absolute(a) => call("absolute", &[a]),
        ExprKind::Align(None, a) => call("align", &[a]),
        ExprKind::Align(Some(a), b) => call("align", &[a, b]),
        ExprKind::Addr(name) => format!("(addr {})", name.text),
        ExprKind::LoadAddr(name) => format!("(loadaddr {})", name.text),
        ExprKind::SizeOf(name) => format!("(sizeof {})", name.text),
        ExprKind::AlignOf(name) => format!("(alignof {})", name.text),
        ExprKind::SizeOfHeaders => "headers".to_owned(),
        ExprKind::Origin(name) => format!("(origin {})", name.text),
        ExprKind::Length(name) => format!("(length {})", name.text),
        ExprKind::Defined(name) => format!("(defined {})", name.text),
        ExprKind::Constant(name) => format!("(constant {})", name.text),
        ExprKind::Max(a, b) => call("max", &[a, b]),
        ExprKind::Min(a, b) => call("min", &[a, b]),
        ExprKind::Log2Ceil(a) => call("log2ceil", &[a]),
        ExprKind::SegmentStart(name, a) => call(&format!("segment {}", name.text), &[a]),
        ExprKind::DataSegmentAlign(a, b) => call("data_align", &[a, b]),
        ExprKind::DataSegmentRelroEnd(a, b) => call("relro_end", &[a, b]),
        ExprKind::DataSegmentEnd(a) => call("data_end", &[a]),
        ExprKind::Assert(a, message) => format!("(assert {} {message:?})", expr(a)),
    }
}
