//! Turns the sections of an OVERLAY into ordinary output sections.
//!
//! The sections get its start, load address, region, segments and fill, and for each section the
//! symbols `__load_start_NAME` and `__load_stop_NAME` say what the overlay manager has to copy. That
//! the sections share their address is left to the layout.
//!
//! Spec: GNU ld manual, "Overlay Description".

use std::sync::Arc;

use super::ast::{
    Assignment, BinaryOp, Command, Expr, ExprKind, Name, OutputSectionDef, Overlay, Script,
    SectionsItem, Span,
};

/// Copies the attributes of overlays to their sections and provides their symbols.
pub fn expand(script: &mut Script) {
    for command in &mut script.commands {
        let Command::Sections(items) = command else {
            continue;
        };
        let mut at = 0;
        while at < items.len() {
            if let SectionsItem::Overlay(overlay) = &mut items[at] {
                attributes(overlay);
                let symbols: Vec<SectionsItem> =
                    overlay.sections.iter().flat_map(symbols).collect();
                let count = symbols.len();
                items.splice(at + 1..at + 1, symbols);
                at += count;
            }
            at += 1;
        }
    }
}

fn attributes(overlay: &mut Overlay) {
    for section in &mut overlay.sections {
        section.region = overlay.region.clone();
        section.load_region = overlay.load_region.clone();
        if section.phdrs.is_empty() {
            section.phdrs = overlay.phdrs.clone();
        }
        if section.fill.is_none() {
            section.fill = overlay.fill.clone();
        }
    }
    if let Some(first) = overlay.sections.first_mut() {
        first.addr = overlay.start.clone();
        first.at = overlay.at.clone();
    }
}

/// `PROVIDE(__load_start_x = LOADADDR(.x)); PROVIDE(__load_stop_x = LOADADDR(.x) + SIZEOF(.x));`
fn symbols(section: &OutputSectionDef) -> [SectionsItem; 2] {
    let letters: String = section
        .name
        .text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let expr = |kind| Expr {
        kind,
        span: section.name.span,
    };
    let start = || expr(ExprKind::LoadAddr(section.name.clone()));
    let size = expr(ExprKind::SizeOf(section.name.clone()));
    let stop = expr(ExprKind::Binary(
        BinaryOp::Add,
        Box::new(start()),
        Box::new(size),
    ));
    // Assignments are identified by their places, so each needs a place of its own.
    [
        provide("start", &letters, start(), section.name.span),
        provide("stop", &letters, stop, section.span),
    ]
}

fn provide(end: &str, letters: &str, value: Expr, span: Span) -> SectionsItem {
    SectionsItem::Assign(Assignment {
        symbol: Name {
            text: Arc::from(format!("__load_{end}_{letters}")),
            span,
        },
        op: None,
        value,
        provide: true,
        hidden: false,
        span,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::parse::parse_text;

    #[test]
    fn attributes_go_to_the_sections() {
        let (mut script, problems) = parse_text(
            "x",
            "SECTIONS { OVERLAY 0x10 : AT (0x20) { .a-1 { } .b { } =0x9 } >RAM =0x90 }",
        );
        assert!(problems.is_empty(), "{problems:?}");
        expand(&mut script);
        let [Command::Sections(items)] = script.commands.as_slice() else {
            panic!("one command");
        };
        let mut seen = Vec::new();
        for item in items {
            match item {
                SectionsItem::Overlay(overlay) => {
                    for section in &overlay.sections {
                        seen.push(format!(
                            "{} {} {} {}",
                            section.addr.is_some(),
                            section.at.is_some(),
                            section.region.is_some(),
                            section.fill.as_ref().map_or("", |f| script.text(f.span)),
                        ));
                    }
                }
                SectionsItem::Assign(assignment) => seen.push(assignment.symbol.text.to_string()),
                _ => {}
            }
        }
        assert_eq!(
            seen,
            [
                "true true true 0x90",
                "false false true 0x9",
                "__load_start_a1",
                "__load_stop_a1",
                "__load_start_b",
                "__load_stop_b",
            ]
        );
    }
}
