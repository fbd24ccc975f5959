//! Archives for cases: with or without a symbol table, and thin.
//!
//! Spec: the System V archive format with GNU's long names (`//`) and thin archives (`!<thin>`).
//!
//! `//# archive: libx.a = b.o c.o`, after the members optionally `[thin]` and `[no-index]`.

use std::path::Path;

use goblin::elf::Elf;

use super::case::Case;

/// Writes all archives of a case into `work`.
pub fn write_all(case: &Case, work: &Path) -> Result<(), String> {
    for value in case.all("archive") {
        let (name, rest) = value
            .split_once('=')
            .ok_or("an archive is `NAME = MEMBERS`")?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let members: Vec<&str> = words
            .iter()
            .copied()
            .filter(|w| !w.starts_with('['))
            .collect();
        let bytes = archive(
            work,
            &members,
            words.contains(&"[thin]"),
            !words.contains(&"[no-index]"),
        )?;
        std::fs::write(work.join(name.trim()), bytes).map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}

fn archive(work: &Path, members: &[&str], thin: bool, index: bool) -> Result<Vec<u8>, String> {
    let mut contents = Vec::new();
    for name in members {
        contents.push(std::fs::read(work.join(name)).map_err(|e| format!("{name}: {e}"))?);
    }
    // All names go through the table of long names: short ones may stand there as well.
    let mut names = String::new();
    let mut name_at = Vec::new();
    for name in members {
        name_at.push(names.len());
        names += &format!("{name}/\n");
    }
    let symbols: Vec<Vec<String>> = contents.iter().map(|c| defined(c)).collect();
    let count: usize = symbols.iter().map(Vec::len).sum();
    let strings: usize = symbols.iter().flatten().map(|s| s.len() + 1).sum();
    let even = |n: usize| n + n % 2;
    let mut at = 8;
    if index {
        at += 60 + even(4 + 4 * count + strings);
    }
    at += 60 + even(names.len());
    let mut offsets = Vec::new();
    for content in &contents {
        offsets.push(at as u32);
        at += 60 + if thin { 0 } else { even(content.len()) };
    }

    let mut out: Vec<u8> = if thin { b"!<thin>\n" } else { b"!<arch>\n" }.to_vec();
    if index {
        let mut table = (count as u32).to_be_bytes().to_vec();
        for (member, offset) in symbols.iter().zip(&offsets) {
            for _ in member {
                table.extend(offset.to_be_bytes());
            }
        }
        for name in symbols.iter().flatten() {
            table.extend(name.as_bytes());
            table.push(0);
        }
        member(&mut out, "/", table.len(), Some(&table));
    }
    member(&mut out, "//", names.len(), Some(names.as_bytes()));
    for (content, at) in contents.iter().zip(name_at) {
        let body = (!thin).then_some(content.as_slice());
        member(&mut out, &format!("/{at}"), content.len(), body);
    }
    Ok(out)
}

fn member(out: &mut Vec<u8>, name: &str, size: usize, body: Option<&[u8]>) {
    out.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).bytes());
    if let Some(body) = body {
        out.extend(body);
        if body.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
}

/// The names that an object defines for others.
fn defined(object: &[u8]) -> Vec<String> {
    if object.starts_with(b"\0asm") {
        return xsys_link::wasm::object::defined_names(object)
            .map(|names| names.into_iter().map(str::to_owned).collect())
            .unwrap_or_default();
    }
    let Ok(elf) = Elf::parse(object) else {
        return Vec::new();
    };
    elf.syms
        .iter()
        .filter(|symbol| symbol.st_bind() != 0 && symbol.st_shndx != 0)
        .filter_map(|symbol| elf.strtab.get_at(symbol.st_name))
        .map(str::to_owned)
        .collect()
}
