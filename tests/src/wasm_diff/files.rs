//! A link of the differential test as files and a command line, so that a person can repeat it.

use std::path::Path;

use super::encode;
use super::model::{Archive, Input, Link};

/// The file that `--allow-undefined-file` reads.
pub const ALLOWED: &str = "allowed.txt";
/// The directory of all files, for `-l`.
pub const HERE: &str = "-L.";
/// A member that is no object; its size is even.
const FOREIGN: &[u8] = b"These are objects.\n\n";

/// Writes all files into a directory and returns the words that name them, with the options that come before a file.
pub fn write(link: &Link, folder: &Path) -> std::io::Result<Vec<String>> {
    let mut words = Vec::new();
    if link
        .options
        .iter()
        .flatten()
        .any(|word| word.ends_with(ALLOWED))
    {
        std::fs::write(folder.join(ALLOWED), list(&link.allowed))?;
    }
    for input in &link.inputs {
        match input {
            Input::Object(object) => {
                std::fs::write(folder.join(&object.name), encode::object(object))?;
                words.push(object.name.clone());
            }
            Input::Archive(archive) => {
                let path = folder.join(&archive.name);
                std::fs::write(&path, archive_bytes(archive))?;
                if let Some(names) = &archive.imports {
                    std::fs::write(path.with_extension("imports"), list(names))?;
                }
                let stem = archive.name.strip_prefix("lib").unwrap_or(&archive.name);
                let name = match archive.searched {
                    true => format!("-l{}", stem.strip_suffix(".a").unwrap_or(stem)),
                    false => archive.name.clone(),
                };
                words.extend(archive.searched.then(|| HERE.to_owned()));
                words.extend(archive.whole.then(|| "--whole-archive".to_owned()));
                words.push(name);
                words.extend(archive.whole.then(|| "--no-whole-archive".to_owned()));
            }
            Input::Library(objects) => {
                words.push("--start-lib".into());
                for object in objects {
                    std::fs::write(folder.join(&object.name), encode::object(object))?;
                    words.push(object.name.clone());
                }
                words.push("--end-lib".into());
            }
            Input::Again(name) if folder.join(name).exists() => words.push(name.clone()),
            Input::Again(_) => {}
            Input::Stub(lines) => {
                let name = format!("stub{}.so", words.len());
                std::fs::write(folder.join(&name), stub(lines))?;
                words.push(name);
            }
        }
    }
    Ok(words)
}

/// Names, one a line.
fn list(names: &[String]) -> String {
    let lines = names.iter().map(|name| format!("  {name}\n"));
    format!("# from outside\n\n{}", lines.collect::<String>())
}

/// The text of a stub library.
fn stub(lines: &[(String, Vec<String>)]) -> String {
    let lines = lines.iter().map(|(name, needed)| match needed.is_empty() {
        true => format!("{name}\n"),
        false => format!("{name}: {}\n", needed.join(",")),
    });
    format!("#STUB\n{}", lines.collect::<String>())
}

/// The System V archive format, with or without its table.
fn archive_bytes(archive: &Archive) -> Vec<u8> {
    let members: Vec<Vec<u8>> = archive.members.iter().map(encode::object).collect();
    let names: Vec<Vec<&str>> = archive.members.iter().map(encode::listed).collect();
    let count: usize = names.iter().map(Vec::len).sum();
    let text: usize = names.iter().flatten().map(|name| name.len() + 1).sum();
    let even = |size: usize| size + size % 2;
    let mut at = 8;
    if archive.index {
        at += 60 + even(4 + 4 * count + text);
    }
    let foreign: &[u8] = match archive.foreign {
        true => &[head("readme/", FOREIGN.len()), FOREIGN.to_vec()].concat(),
        false => &[],
    };
    at += foreign.len();
    let (mut table, mut bodies) = ((count as u32).to_be_bytes().to_vec(), Vec::new());
    for ((object, bytes), names) in archive.members.iter().zip(&members).zip(&names) {
        for _ in names {
            table.extend((at as u32).to_be_bytes());
        }
        bodies.extend(head(&format!("{}/", object.name), bytes.len()));
        bodies.extend(bytes);
        bodies.resize(even(bodies.len()), b'\n');
        at += 60 + even(bytes.len());
    }
    for name in names.iter().flatten() {
        table.extend(name.as_bytes());
        table.push(0);
    }
    let mut out = b"!<arch>\n".to_vec();
    if archive.index {
        table.resize(even(table.len()), 0);
        out.extend(head("/", table.len()));
        out.extend(table);
    }
    out.extend(foreign);
    out.extend(bodies);
    out
}

fn head(name: &str, size: usize) -> Vec<u8> {
    format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
}
