//! `xsys why`: why a function, a section or a crate is in a linked file, as text and as JSON.

use std::path::Path;

use serde_json::{Value, json};
use xsys_diag::Diagnostic;

use crate::linker::reasons;
use crate::size::shown;
use crate::size::why::{Step, Why, why};
use crate::size::why_elf;
use crate::ui::bytes;

/// The answer for a linked file.
pub(super) fn about(
    file: &Path,
    content: &[u8],
    name: &str,
    top: usize,
) -> Result<(Value, String), Diagnostic> {
    if content.starts_with(b"\x7fELF") {
        let sections = reasons::find(file, content).ok_or_else(not_known)?;
        let found = why_elf::why(&sections, name)?;
        return Ok((elf_json(&found), elf_text(&found)));
    }
    let found = why(content, name)?;
    Ok((why_json(&found), why_text(&found, top)))
}

fn not_known() -> Diagnostic {
    Diagnostic::error("nothing is known about how it was linked")
        .note(format!("builds of xsys leave that in the directory of outputs, for each file as it was linked by xsys with at most {} sections", reasons::MOST))
        .help("build it with `xsys build`, and name the file that was made")
        .help("where there are more, or another program calls the linker, ask that: `-Clink-arg=--why-live=SYMBOL`")
}

fn elf_json(found: &why_elf::Why) -> Value {
    let chain = found.chain.iter().map(|link| {
        json!({
            "root": link.root,
            "name": link.name,
            "section": link.section,
            "file": link.file,
            "member": link.member,
            "crate": link.owner,
            "size": link.size,
        })
    });
    json!({
        "what": found.what,
        "size": found.size,
        "sections": found.sections,
        "chain": chain.collect::<Value>(),
        "others": found.others,
    })
}

fn elf_text(found: &why_elf::Why) -> String {
    let mut text = format!("{}: {}", found.what, bytes(found.size));
    if found.sections > 1 {
        text.push_str(&format!(
            " in {} sections, of which this is nearest to a root",
            found.sections
        ));
    }
    text.push('\n');
    for link in &found.chain {
        let how = link.root.as_deref().unwrap_or("which refers to");
        text.push_str(&format!(
            "  {how}\n    {} ({}, {})\n",
            link.name,
            bytes(link.size),
            link.owner
        ));
    }
    if let Some(last) = found.chain.last() {
        let member = last.member.as_deref();
        let member = member.map_or(String::new(), |member| format!("({member})"));
        text.push_str(&format!(
            "it is section `{}` of {}{member}\n",
            last.section, last.file
        ));
    }
    text + &also(&found.others)
}

/// Other things that the name could mean.
fn also(others: &[String]) -> String {
    match others {
        [] => String::new(),
        [other] => format!("note: the name could also mean `{other}`\n"),
        [largest, ..] => format!(
            "note: the name could also mean {} others, the largest `{largest}`\n",
            others.len()
        ),
    }
}

fn why_json(found: &Why) -> Value {
    let chain = found.chain.iter().map(|link| {
        let (step, of) = match &link.step {
            Step::Export(name) => ("export", Some(name)),
            Step::Start => ("start", None),
            Step::Call => ("call", None),
            Step::Address => ("address", None),
            Step::Indirect(ty) => ("indirect", Some(ty)),
        };
        json!({ "by": step, "of": of, "function": link.function, "size": link.size })
    });
    let callers = found
        .callers
        .iter()
        .map(|(name, calls)| json!({ "function": name, "calls": calls }));
    json!({
        "function": found.function,
        "size": found.size,
        "alone": found.alone,
        "chain": chain.collect::<Value>(),
        "callers": callers.collect::<Value>(),
    })
}

fn why_text(found: &Why, top: usize) -> String {
    let mut text = format!("{}: {}", found.function, bytes(found.size));
    if !found.chain.is_empty() {
        let alone = bytes(found.alone);
        text.push_str(&format!(", and {alone} with what only it reaches"));
    }
    text.push('\n');
    for link in &found.chain {
        let how = match &link.step {
            Step::Export(name) => format!("the export `{name}` is"),
            Step::Start => "the module starts with".to_owned(),
            Step::Call => "which calls".to_owned(),
            Step::Address => "which takes the address of".to_owned(),
            Step::Indirect(ty) => format!("which calls pointers to `{ty}`, as there is"),
        };
        text.push_str(&format!(
            "  {how}\n    {} ({})\n",
            link.function,
            bytes(link.size)
        ));
    }
    if found.chain.is_empty() {
        text.push_str("  nothing reaches it: no export, no call, no table\n");
    }
    if !found.callers.is_empty() {
        let count = found.callers.len();
        text.push_str(&match count {
            1 => "it is called by\n".to_owned(),
            _ => format!("it is called by {count} functions\n"),
        });
        let most = shown(count, top);
        for (name, calls) in &found.callers[..most] {
            text.push_str(&match calls {
                1 => format!("    {name}\n"),
                _ => format!("    {name} ({calls} times)\n"),
            });
        }
        if most < count {
            text.push_str(&format!("    [{} more]\n", count - most));
        }
    }
    text + &also(&found.others)
}
