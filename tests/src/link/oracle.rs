//! Links a case with rust-lld and compares the images by meaning.
//!
//! Entry, section headers, segments, symbols and the contents of sections are compared, but not what
//! has no meaning: the order of symbols, string tables, `.comment`, mapping symbols, and the symbols
//! of thunks. A LOAD is compared from its first section to its last: lld puts the ELF headers into the
//! first one that has room for them, xsys only if the script says so (SIZEOF_HEADERS, FILEHDR), so that
//! they cannot overwrite a boot block. Other intended differences are listed in the case: `//# differs:
//! WHAT - why`, WHAT being `segments`, `entry`, `contents NAME`, `section NAME`, `symbol NAME`,
//! `symbols`, `addresses`, `relations` (relocations and groups).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use goblin::elf::header::{EM_AARCH64, EM_ARM};
use goblin::elf::program_header as ph;
use goblin::elf::section_header as sh;

use super::case::Case;
use super::compile::rustc;
use super::image::{Image, Section, Segment, Symbol};
use super::relations;

/// Links with rust-lld and returns what differs.
pub fn compare(
    case: &Case,
    words: &[String],
    work: &Path,
    ours: &Image,
) -> Result<Vec<String>, String> {
    let excuses = Excuses::new(case.all("differs"));
    let map = case.first("map").map(|name| work.join(name));
    let own_map = map.as_deref().map(read_map).transpose()?;
    let mut out = differences(&excuses, ours, &link(case, words, work, "oracle.elf")?);
    if let (Some(path), Some(own)) = (map, own_map) {
        out.extend(maps(&own, &read_map(&path)?, work));
    }
    // That used the inputs that `first` made with xsys; now rust-lld makes these, too.
    for (output, args) in case.first_links() {
        link(case, &args, work, &output)?;
    }
    if case.first("first").is_some() {
        let theirs = link(case, words, work, "oracle.elf")?;
        out.extend(differences(&excuses, ours, &theirs));
    }
    Ok(out)
}

fn link(case: &Case, words: &[String], work: &Path, output: &str) -> Result<Image, String> {
    let output = work.join(output);
    let result = Command::new(rust_lld()?)
        .current_dir(work)
        .args(["-flavor", "gnu"])
        .args(words)
        .args(case.words("lld-args"))
        .arg("-o")
        .arg(&output)
        .output()
        .map_err(|e| format!("cannot start rust-lld: {e}"))?;
    if !result.status.success() {
        return Err(format!(
            "rust-lld fails:\n{}",
            String::from_utf8_lossy(&result.stderr)
        ));
    }
    let bytes = std::fs::read(&output).map_err(|e| format!("rust-lld wrote nothing: {e}"))?;
    Image::parse(bytes)
}

fn read_map(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// The rows that only one of two maps has. Left out are inputs that a linker makes itself, and the tables of symbols,
/// which rust-lld lists, too.
fn maps(ours: &str, theirs: &str, work: &Path) -> Vec<String> {
    let work = format!("{}/", work.display());
    let rows = |map: &str| -> Vec<String> {
        let is_table = |row: &str| {
            let name = row.split_whitespace().last();
            matches!(name, Some(".symtab" | ".strtab" | ".shstrtab"))
        };
        let rows = map
            .lines()
            .filter(|row| !row.contains('<') && !is_table(row));
        rows.map(|row| row.replace(&work, "")).collect()
    };
    let (ours, theirs) = (rows(ours), rows(theirs));
    let lone = |mine: &[String], others: &[String], whose: &str| -> Vec<String> {
        let lone = mine.iter().filter(|row| !others.contains(row));
        lone.map(|row| format!("map: only {whose} has `{row}`"))
            .collect()
    };
    let mut out = lone(&ours, &theirs, "xsys");
    out.extend(lone(&theirs, &ours, "lld"));
    out
}

/// The linker that came with rustc.
pub fn rust_lld() -> Result<PathBuf, String> {
    let run = |args: &[&str]| -> Result<String, String> {
        let output = rustc()
            .args(args)
            .output()
            .map_err(|e| format!("cannot start rustc: {e}"))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let sysroot = run(&["--print", "sysroot"])?;
    let version = run(&["-vV"])?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or("rustc does not name its host")?;
    let path = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{} is missing", path.display()))
    }
}

/// The intended differences of a case.
#[derive(Debug)]
pub struct Excuses(Vec<String>);

impl Excuses {
    /// From lines `WHAT - why`.
    pub fn new(lines: &[String]) -> Excuses {
        Excuses(
            lines
                .iter()
                .map(|value| match value.split_once(" - ") {
                    Some((what, _)) => what.trim().to_owned(),
                    None => value.clone(),
                })
                .collect(),
        )
    }

    /// Whether this is one.
    pub fn has(&self, what: &str) -> bool {
        self.0.iter().any(|excuse| excuse == what)
    }
}

/// The differences of an image from rust-lld's.
pub fn differences(excuses: &Excuses, ours: &Image, theirs: &Image) -> Vec<String> {
    let mut out = Vec::new();
    if !excuses.has("entry") && !excuses.has("addresses") && ours.entry != theirs.entry {
        out.push(format!("entry: {:#x}, lld {:#x}", ours.entry, theirs.entry));
    }
    if ours.e_flags != theirs.e_flags {
        out.push(format!(
            "e_flags: {:#x}, lld {:#x}",
            ours.e_flags, theirs.e_flags
        ));
    }
    sections(excuses, ours, theirs, &mut out);
    if !excuses.has("segments") {
        let (a, b) = (segments(excuses, ours), segments(excuses, theirs));
        if a != b {
            out.push(format!(
                "segments:\n    {}\n  lld:\n    {}",
                a.join("\n    "),
                b.join("\n    ")
            ));
        }
    }
    if !excuses.has("symbols") {
        symbols(excuses, ours, theirs, &mut out);
    }
    if !excuses.has("addresses") {
        contents(excuses, ours, theirs, &mut out);
    }
    if !excuses.has("relations") {
        relations::compare(ours, theirs, &mut out);
    }
    out
}

fn is_compared(section: &Section) -> bool {
    let tables = [
        ".symtab",
        ".strtab",
        ".shstrtab",
        ".comment",
        ".symtab_shndx",
        "",
    ];
    !tables.contains(&section.name.as_str())
}

fn sections(excuses: &Excuses, ours: &Image, theirs: &Image, out: &mut Vec<String>) {
    // The order of sections that are not in memory has no meaning.
    let list = |image: &Image| -> Vec<Section> {
        let (mut list, mut rest): (Vec<Section>, Vec<Section>) = image
            .sections
            .iter()
            .filter(|s| is_compared(s) && !excuses.has(&format!("section {}", s.name)))
            .cloned()
            .partition(|s| s.flags & u64::from(sh::SHF_ALLOC) != 0);
        rest.sort_by(|a, b| a.name.cmp(&b.name));
        list.append(&mut rest);
        list
    };
    let (mut a, mut b) = (list(ours), list(theirs));
    if ours.e_type == goblin::elf::header::ET_REL {
        // In an object the order has no meaning.
        for list in [&mut a, &mut b] {
            list.sort_by(|x, y| (&x.name, x.flags, x.size).cmp(&(&y.name, y.flags, y.size)));
        }
    }
    for list in [&mut a, &mut b] {
        // Relocations of a finished image stand somewhere behind it.
        list.sort_by_key(|s| relations::is_relation(s).then(|| s.name.clone()));
    }
    let names = |list: &[Section]| -> Vec<String> { list.iter().map(|s| s.name.clone()).collect() };
    if names(&a) != names(&b) {
        out.push(format!(
            "sections: {}\n  lld: {}",
            names(&a).join(" "),
            names(&b).join(" ")
        ));
        return;
    }
    for (a, b) in a.iter().zip(&b) {
        let show = |s: &Section| {
            let addr = if excuses.has("addresses") { 0 } else { s.addr };
            // Nothing merges the sections of an image again. GNU ld sets the entry size of a GOT, lld does
            // not.
            let flags = s.flags & !u64::from(sh::SHF_MERGE | sh::SHF_STRINGS);
            let entries = match s.name.starts_with(".got") {
                true => String::new(),
                false => format!(" entsize={}", s.entsize),
            };
            format!(
                "{} type={} flags={flags:#x} addr={addr:#x} size={:#x} align={}{entries}",
                s.name, s.sh_type, s.size, s.align
            )
        };
        if show(a) != show(b) {
            out.push(format!("section: {}\n      lld: {}", show(a), show(b)));
        }
    }
}

fn segments(excuses: &Excuses, image: &Image) -> Vec<String> {
    let show = |s: &Segment| {
        let s = &clipped(image, s)?;
        let kind = kind_name(s.p_type);
        let flags = permissions(s.flags);
        match excuses.has("addresses") {
            true => Some(format!("{kind} {flags} memsz={:#x}", s.size)),
            false => Some(format!(
                "{kind} {flags} addr={:#x} load={:#x} filesz={:#x} memsz={:#x} align={:#x}",
                s.addr, s.load_addr, s.file_size, s.size, s.align
            )),
        }
    };
    image
        .segments
        .iter()
        .filter(|s| s.p_type != ph::PT_PHDR)
        .filter_map(show)
        .collect()
}

/// A LOAD without headers in front of its sections; none if it holds nothing else.
fn clipped(image: &Image, segment: &Segment) -> Option<Segment> {
    let mut out = segment.clone();
    if segment.p_type != ph::PT_LOAD {
        return Some(out);
    }
    let end = segment.addr.wrapping_add(segment.size);
    let first = image
        .alloc()
        .filter(|s| s.size > 0 && s.addr >= segment.addr && s.addr < end)
        .map(|s| s.addr)
        .min()?;
    let headers = first - segment.addr;
    (out.addr, out.load_addr) = (first, segment.load_addr.wrapping_add(headers));
    out.file_size = out.file_size.saturating_sub(headers);
    out.size -= headers;
    Some(out)
}

/// `LOAD`, `TLS`, …
pub fn kind_name(p_type: u32) -> String {
    match p_type {
        ph::PT_LOAD => "LOAD".to_owned(),
        ph::PT_PHDR => "PHDR".to_owned(),
        ph::PT_TLS => "TLS".to_owned(),
        ph::PT_NOTE => "NOTE".to_owned(),
        ph::PT_DYNAMIC => "DYNAMIC".to_owned(),
        ph::PT_GNU_STACK => "STACK".to_owned(),
        ph::PT_GNU_RELRO => "RELRO".to_owned(),
        ph::PT_GNU_EH_FRAME => "EH_FRAME".to_owned(),
        ph::PT_GNU_PROPERTY => "PROPERTY".to_owned(),
        0x7000_0001 => "EXIDX".to_owned(),
        0x7000_0003 => "ATTRIBUTES".to_owned(),
        other => format!("{other:#x}"),
    }
}

/// `r-x`
pub fn permissions(flags: u32) -> String {
    [(4, 'r'), (2, 'w'), (1, 'x')]
        .into_iter()
        .map(|(bit, letter)| if flags & bit != 0 { letter } else { '-' })
        .collect()
}

fn symbols(excuses: &Excuses, ours: &Image, theirs: &Image, out: &mut Vec<String>) {
    type Meaning = (Option<u64>, u64, u8, u8, u8, String);
    let list = |image: &Image| -> BTreeMap<String, Vec<Meaning>> {
        let mut all: BTreeMap<String, Vec<Meaning>> = BTreeMap::new();
        for symbol in &image.symbols {
            if is_noise(symbol) || excuses.has(&format!("symbol {}", symbol.name)) {
                continue;
            }
            let section = match image.sections.get(symbol.section) {
                Some(section) => section.name.clone(),
                None => format!("{:#x}", symbol.section),
            };
            all.entry(symbol.name.clone()).or_default().push((
                (!excuses.has("addresses")).then_some(symbol.value),
                symbol.size,
                symbol.kind,
                symbol.bind,
                symbol.visibility,
                section,
            ));
        }
        for list in all.values_mut() {
            list.sort();
        }
        all
    };
    let (a, b) = (list(ours), list(theirs));
    for (name, meaning) in &a {
        match b.get(name) {
            None => out.push(format!("symbol `{name}`: lld has none")),
            Some(other) if other != meaning => {
                out.push(format!("symbol `{name}`: {meaning:x?}\n  lld: {other:x?}"));
            }
            Some(_) => {}
        }
    }
    for name in b.keys().filter(|name| !a.contains_key(*name)) {
        out.push(format!("symbol `{name}`: only lld has it"));
    }
}

fn is_noise(symbol: &Symbol) -> bool {
    // FILE and SECTION symbols, names that nothing defines, mapping symbols, thunks, and lld's own
    // locals: among them the compiler's temporaries of sections that the script discards.
    symbol.kind == 4
        || symbol.section == 0
        || symbol.kind == 3
        || symbol.name.is_empty()
        || symbol.name.starts_with('$')
        || symbol.name.starts_with("__AArch64")
        || symbol.name.starts_with("__ARMv")
        || symbol.name.starts_with("__Thumb")
        || symbol.name.contains("Thunk")
        || symbol.name.starts_with("__thunk_")
        || (symbol.name.starts_with(".L") && symbol.section == sh::SHN_ABS as usize)
}

fn contents(excuses: &Excuses, ours: &Image, theirs: &Image, out: &mut Vec<String>) {
    for section in ours.sections.iter().filter(|s| is_compared(s)) {
        let name = &section.name;
        if section.sh_type == sh::SHT_NOBITS
            || relations::is_relation(section)
            || excuses.has(&format!("contents {name}"))
            || excuses.has(&format!("section {name}"))
        {
            continue;
        }
        let Some(other) = theirs.section(name) else {
            continue;
        };
        let (a, b) = (ours.contents(section), theirs.contents(other));
        if a.len() != b.len() {
            continue;
        }
        // Between functions: lld puts 0xd4d4d4d4 on ARM and zeros before vectors on AArch64, xsys
        // instructions that trap.
        let is_gap = |a: u8, b: u8| match ours.machine {
            EM_ARM => b == 0xd4 && matches!(a, 0xff | 0xde | 0xe7),
            EM_AARCH64 => b == 0 && matches!(a, 0x20 | 0xd4) && section.flags & 4 != 0,
            _ => false,
        };
        // What refers to dropped functions is 0 in lld's; where an image begins at 0 xsys writes the
        // highest address into debug information.
        let address = if ours.is_64 { 8 } else { 4 };
        let marked = |at: usize| {
            let word = at..(at + address).min(a.len());
            name.starts_with(".debug_")
                && a[word.clone()].iter().all(|byte| *byte == 0xff)
                && b[word].iter().all(|byte| *byte == 0)
        };
        let mut at = 0;
        while at < a.len() {
            if a[at] == b[at] || is_gap(a[at], b[at]) {
                at += 1;
                continue;
            }
            if marked(at) {
                at += address;
                continue;
            }
            let end = (at + 16).min(a.len());
            out.push(format!(
                "contents of `{name}` at {at:#x}: {:02x?}, lld {:02x?}",
                &a[at..end],
                &b[at..end]
            ));
            break;
        }
    }
}
