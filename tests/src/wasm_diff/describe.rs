//! Links of the differential test as text, a line for each thing.

use std::fmt::Write as _;

use super::model::{Input, Link, Object, What};

/// What is in a link's files.
pub fn describe(link: &Link) -> String {
    let mut out = match link.allowed.is_empty() {
        true => String::new(),
        false => format!("allowed to be undefined: {:?}\n", link.allowed),
    };
    for input in &link.inputs {
        let (kind, objects) = match input {
            Input::Object(object) => (String::new(), std::slice::from_ref(object)),
            Input::Archive(archive) => (
                format!(
                    "{} (index: {}, imports: {:?}):\n",
                    archive.name, archive.index, archive.imports
                ),
                archive.members.as_slice(),
            ),
            Input::Library(objects) => ("library:\n".to_owned(), objects.as_slice()),
            Input::Again(name) => (format!("{name} again\n"), [].as_slice()),
            Input::Stub(lines) => (format!("stub library {lines:?}\n"), [].as_slice()),
        };
        out += &kind;
        for object in objects {
            one(&mut out, object);
        }
    }
    out
}

fn one(out: &mut String, object: &Object) {
    let width = if object.wide { " for wasm64" } else { "" };
    let calls = if object.old_calls { ", old calls" } else { "" };
    let names = if object.names { ", names" } else { "" };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}{width}{calls}{names}", object.name);
    for symbol in &object.symbols {
        let (id, name, flags) = (symbol.id, &symbol.name, symbol.flags);
        let _ = write!(out, "  symbol {id} `{name}` flags {flags:#x} ");
        let _ = match &symbol.what {
            What::Function {
                signature,
                body,
                from,
                export,
            } => {
                let _ = write!(
                    out,
                    "function of type {signature}, from {from:?}, export {export:?}, body"
                );
                for piece in body.iter().flatten() {
                    let _ = write!(out, "\n      {piece:?}");
                }
                writeln!(out, "{}", if body.is_some() { "" } else { " none" })
            }
            what => writeln!(out, "{what:?}"),
        };
    }
    for segment in &object.segments {
        let _ = writeln!(out, "  {segment:?}");
    }
    for custom in &object.customs {
        let _ = writeln!(out, "  {custom:?}");
    }
    for group in &object.groups {
        let _ = writeln!(out, "  {group:?}");
    }
    if !object.inits.is_empty() {
        let _ = writeln!(out, "  initialisers {:?}", object.inits);
    }
    for (prefix, name) in &object.features {
        let _ = writeln!(out, "  feature {}{name}", char::from(*prefix));
    }
    for (at, byte) in &object.damage {
        let _ = writeln!(out, "  byte {at:#x} is {byte:#x}");
    }
    for producer in &object.producers {
        let _ = writeln!(out, "  producer {producer:?}");
    }
}
