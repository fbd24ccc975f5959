//! Debug information: what a debugger finds out about code that stays must be what it finds out
//! with `rust-lld`'s output, and there must be much less of it.
//!
//! Both outputs are read with gimli and told in text: for every function that is there its entry
//! with all that is inside, for every type that is reached from there its entry with its members,
//! and every row of the line table. References are told by the name of what they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use gimli::{AttributeValue, DebuggingInformationEntry, EndianSlice, LittleEndian, Unit};

use crate::compile::{link_words, rustc, text, validate};
use crate::oracle::quoted;

const PROGRAM: &str = r#"
use std::fmt::Display;

pub struct Pair<T> { pub left: T, pub right: Option<Box<Pair<T>>> }
pub enum Shape { Dot, Round { radius: f64 }, Named(String, Pair<u8>) }
static COUNTERS: [u32; 4] = [1, 2, 3, 4];

impl<T: Display + Clone> Pair<T> {
    fn tell(&self, depth: u32) -> String {
        let mut out = format!("{depth}{}", self.left);
        if let Some(right) = &self.right { out += &right.tell(depth + 1); }
        out
    }
}

#[inline(always)]
fn area(shape: &Shape) -> f64 {
    let factor = 3.0;
    match shape {
        Shape::Dot => 0.0,
        Shape::Round { radius } => { let square = radius * radius; factor * square }
        Shape::Named(name, pair) => name.len() as f64 + f64::from(pair.left),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn run(count: u32) -> u32 {
    let shapes = [Shape::Dot, Shape::Round { radius: count as f64 },
        Shape::Named("x".repeat(count as usize), Pair { left: 3, right: None })];
    let mut sum = 0.0;
    for shape in &shapes { sum += area(shape); }
    let pair = Pair { left: sum, right: Some(Box::new(Pair { left: 1.5, right: None })) };
    let add: Box<dyn Fn(u32) -> u32> = Box::new(move |by| by + COUNTERS[count as usize % 4]);
    add(pair.tell(0).len() as u32)
}
"#;

/// Links the program with both linkers; `words` are added to our command line.
fn outputs(args: &[&str], words: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program.rs"), PROGRAM).unwrap();
    let fixed = [
        "program.rs",
        "-o",
        "program.wasm",
        "--crate-type=cdylib",
        "--print=link-args",
        "-Csave-temps",
        "-g",
    ];
    let output = rustc(folder.path(), &[&fixed[..], args].concat());
    let line = quoted(&String::from_utf8(output.stdout).unwrap());
    let from = line.iter().position(|word| word == "-flavor").unwrap() + 2;
    let own: Vec<_> = words.iter().map(|&word| word.into()).collect();
    let linked = link_words(folder.path(), &[&own, &line[from..]].concat())
        .unwrap_or_else(|problems| panic!("{args:?}: {}", text(&problems)));
    validate(&linked.bytes);
    let expected = std::fs::read(folder.path().join("program.wasm")).unwrap();
    (linked.bytes, expected)
}

fn sections(wasm: &[u8]) -> BTreeMap<&str, &[u8]> {
    let payloads = wasmparser::Parser::new(0).parse_all(wasm);
    let customs = payloads.filter_map(|payload| match payload {
        Ok(wasmparser::Payload::CustomSection(custom)) => Some((custom.name(), custom.data())),
        _ => None,
    });
    customs.collect()
}

fn debug_size(wasm: &[u8]) -> usize {
    let sections = sections(wasm).into_iter();
    sections
        .filter(|(name, _)| name.starts_with(".debug_"))
        .map(|(_, data)| data.len())
        .sum()
}

type R<'a> = EndianSlice<'a, LittleEndian>;
type Entry<'d, 'a> = DebuggingInformationEntry<R<'a>>;

/// Addresses that stand for code that is not there.
fn gone(address: u64) -> bool {
    address >= 0xffff_fffe
}

/// Where instructions are: start of the locals, instructions, end, for one function after the
/// other.
fn positions(wasm: &[u8]) -> Vec<u64> {
    let mut positions = Vec::new();
    let mut start = 0;
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let payload = payload.unwrap();
        if let Some((10, range)) = payload.as_section() {
            start = range.start;
        }
        if let wasmparser::Payload::CodeSectionEntry(body) = payload {
            let range = body.range();
            positions.push(range.start - start);
            let operators = body.get_operators_reader().unwrap();
            for operator in operators.into_iter_with_offsets() {
                positions.push(operator.unwrap().1 - start);
            }
            positions.push(range.end - start);
        }
    }
    positions
}

struct Teller<'a> {
    dwarf: gimli::Dwarf<R<'a>>,
    units: Vec<Unit<R<'a>>>,
    /// Addresses to tell instead of others.
    moves: BTreeMap<u64, u64>,
}

impl<'a> Teller<'a> {
    fn new(wasm: &'a [u8]) -> Self {
        let sections = sections(wasm);
        let load = |id: gimli::SectionId| {
            let data = sections.get(id.name()).copied().unwrap_or_default();
            Ok::<_, gimli::Error>(EndianSlice::new(data, LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(load).unwrap();
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next().unwrap() {
            units.push(dwarf.unit(header).unwrap());
        }
        Self {
            dwarf,
            units,
            moves: BTreeMap::new(),
        }
    }

    /// The address to tell.
    fn at(&self, address: u64) -> u64 {
        self.moves.get(&address).copied().unwrap_or(address)
    }

    /// Everything about code that is there.
    fn tell(&self) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        for unit in &self.units {
            let mut reached = Vec::new();
            let mut entries = unit.entries();
            while let Some(entry) = entries.next_dfs().unwrap() {
                let live = match entry.attr_value(gimli::DW_AT_low_pc) {
                    Some(value) => {
                        let low = self.dwarf.attr_address(unit, value).unwrap();
                        low.is_some_and(|low| !gone(low))
                    }
                    None => false,
                };
                if entry.tag() == gimli::DW_TAG_subprogram && live {
                    told.insert(self.entry(unit, entry.offset(), &mut reached));
                }
                if entry.tag() == gimli::DW_TAG_variable && self.has_memory(entry) {
                    told.insert(self.entry(unit, entry.offset(), &mut reached));
                }
            }
            let mut seen = BTreeSet::new();
            while let Some(offset) = reached.pop() {
                if seen.insert(offset.0) {
                    let (unit, offset) = self.find(offset);
                    told.insert(self.entry(unit, offset, &mut reached));
                }
            }
            self.rows(unit, &mut told);
        }
        told
    }

    /// The unit of an entry, which may be another than the one that refers to it.
    fn find(&self, offset: gimli::DebugInfoOffset) -> (&Unit<R<'a>>, gimli::UnitOffset) {
        let units = self.units.iter();
        let mut found = units.filter_map(|unit| Some((unit, offset.to_unit_offset(&unit.header)?)));
        found.next_back().expect("a reference into a unit")
    }

    /// A static variable whose address is not a tombstone.
    fn has_memory(&self, entry: &Entry<'_, 'a>) -> bool {
        match entry.attr_value(gimli::DW_AT_location) {
            Some(AttributeValue::Exprloc(expression)) => {
                let bytes = expression.0.slice();
                bytes.len() == 5 && bytes[0] == 3 && bytes[1..] != [0xff; 4]
            }
            _ => false,
        }
    }

    /// An entry with all that is inside.
    fn entry(
        &self,
        unit: &Unit<R<'a>>,
        offset: gimli::UnitOffset,
        reached: &mut Vec<gimli::DebugInfoOffset>,
    ) -> String {
        let mut tree = unit.entries_tree(Some(offset)).unwrap();
        let mut out = String::new();
        self.node(unit, tree.root().unwrap(), 0, reached, &mut out);
        out
    }

    fn node(
        &self,
        unit: &Unit<R<'a>>,
        node: gimli::EntriesTreeNode<'_, '_, R<'a>>,
        depth: usize,
        reached: &mut Vec<gimli::DebugInfoOffset>,
        out: &mut String,
    ) {
        let entry = node.entry();
        write!(out, "{:1$}{2}", "", depth, entry.tag()).unwrap();
        for attribute in entry.attrs() {
            if attribute.name() != gimli::DW_AT_sibling {
                write!(out, " {}=", attribute.name()).unwrap();
                let low = entry.attr_value(gimli::DW_AT_low_pc);
                let low = low.and_then(|low| self.dwarf.attr_address(unit, low).unwrap());
                if let (gimli::DW_AT_high_pc, Some(length), Some(low)) =
                    (attribute.name(), attribute.udata_value(), low)
                {
                    write!(out, "{:x}", self.at(low + length)).unwrap();
                    continue;
                }
                self.value(unit, attribute, reached, out);
            }
        }
        out.push('\n');
        let mut children = node.children();
        while let Some(child) = children.next().unwrap() {
            // What has to be referred to in order to be there.
            let tag = child.entry().tag();
            let beside = tag == gimli::DW_TAG_subprogram
                || tag == gimli::DW_TAG_namespace
                || tag.to_string().ends_with("_type") && !is_part(tag);
            let statics = tag == gimli::DW_TAG_variable
                && child.entry().attr(gimli::DW_AT_location).is_some()
                && depth == 0
                && !self.has_memory(child.entry())
                && matches!(
                    child.entry().attr_value(gimli::DW_AT_location),
                    Some(AttributeValue::Exprloc(e)) if e.0.slice().first() == Some(&3)
                );
            if !beside && !statics {
                self.node(unit, child, depth + 1, reached, out);
            }
        }
    }

    fn value(
        &self,
        unit: &Unit<R<'a>>,
        attribute: &gimli::Attribute<R<'a>>,
        reached: &mut Vec<gimli::DebugInfoOffset>,
        out: &mut String,
    ) {
        let value = attribute.value();
        match value {
            AttributeValue::UnitRef(offset) => {
                let whole = offset.to_debug_info_offset(&unit.header).unwrap();
                reached.push(whole);
                out.push_str(&self.name(unit, offset));
            }
            AttributeValue::DebugInfoRef(whole) => {
                reached.push(whole);
                let (unit, offset) = self.find(whole);
                out.push_str(&self.name(unit, offset));
            }
            AttributeValue::RangeListsRef(_) | AttributeValue::DebugRngListsIndex(_) => {
                let mut ranges = self.dwarf.attr_ranges(unit, value).unwrap().unwrap();
                while let Some(range) = ranges.next().unwrap() {
                    if !gone(range.begin) {
                        let (begin, end) = (self.at(range.begin), self.at(range.end));
                        write!(out, "{begin:x}..{end:x} ").unwrap();
                    }
                }
            }
            AttributeValue::LocationListsRef(_) | AttributeValue::DebugLocListsIndex(_) => {
                let mut places = self.dwarf.attr_locations(unit, value).unwrap().unwrap();
                while let Some(place) = places.next().unwrap() {
                    let range = place.range;
                    if !gone(range.begin) {
                        let bytes = place.data.0.slice();
                        let (begin, end) = (self.at(range.begin), self.at(range.end));
                        write!(out, "{begin:x}..{end:x}:{bytes:x?} ").unwrap();
                    }
                }
            }
            AttributeValue::FileIndex(index) => out.push_str(&self.file(unit, index)),
            AttributeValue::Exprloc(expression) => {
                write!(out, "{:x?}", expression.0.slice()).unwrap();
            }
            AttributeValue::Addr(_) | AttributeValue::DebugAddrIndex(_) => {
                let address = self.dwarf.attr_address(unit, value).unwrap();
                let address = address.map(|address| self.at(address));
                write!(out, "{address:x?}").unwrap();
            }
            _ => match self.dwarf.attr_string(unit, value) {
                Ok(string) => out.push_str(&string.to_string_lossy()),
                Err(_) => write!(out, "{value:?}").unwrap(),
            },
        }
    }

    /// What a reference is told as: kind, name and where it is declared.
    fn name(&self, unit: &Unit<R<'a>>, offset: gimli::UnitOffset) -> String {
        let entry = unit.entry(offset).unwrap();
        let mut out = format!("<{}", entry.tag());
        for name in [
            gimli::DW_AT_name,
            gimli::DW_AT_linkage_name,
            gimli::DW_AT_byte_size,
            gimli::DW_AT_decl_line,
        ] {
            if let Some(attribute) = entry.attr(name) {
                out.push(' ');
                self.value(unit, attribute, &mut Vec::new(), &mut out);
            }
        }
        out + ">"
    }

    fn file(&self, unit: &Unit<R<'a>>, index: u64) -> String {
        let Some(program) = &unit.line_program else {
            return "no program".into();
        };
        let Some(file) = program.header().file(index) else {
            return "no file".into();
        };
        let text = |value| {
            let string = self.dwarf.attr_string(unit, value).unwrap();
            string.to_string_lossy().into_owned()
        };
        let folder = file.directory(program.header()).map(text);
        format!("{}/{}", folder.unwrap_or_default(), text(file.path_name()))
    }

    /// Rows of sequences that are there.
    fn rows(&self, unit: &Unit<R<'a>>, told: &mut BTreeSet<String>) {
        let Some(program) = unit.line_program.clone() else {
            return;
        };
        let mut rows = program.rows();
        let mut sequence = String::new();
        let mut start = None;
        while let Some((_, row)) = rows.next_row().unwrap() {
            let address = row.address();
            start.get_or_insert(address);
            let address = self.at(address);
            writeln!(
                sequence,
                "{address:x} {} {:?} {:?} {}{}{}{}",
                self.file(unit, row.file_index()),
                row.line(),
                row.column(),
                row.is_stmt(),
                row.prologue_end(),
                row.end_sequence(),
                row.discriminator(),
            )
            .unwrap();
            if row.end_sequence() {
                if !start.is_none_or(gone) {
                    told.insert(sequence.clone());
                }
                sequence.clear();
                start = None;
            }
        }
    }
}

/// Types that are part of others.
fn is_part(tag: gimli::DwTag) -> bool {
    tag == gimli::DW_TAG_subrange_type
}

/// Compares what is told of both outputs.
fn same(args: &[&str], words: &[&str], most: f64) {
    let (ours, theirs) = outputs(args, words);
    let mut teller = Teller::new(&theirs);
    let (before, after) = (positions(&theirs), positions(&ours));
    assert_eq!(before.len(), after.len(), "{args:?}: the same instructions");
    teller.moves = before.into_iter().zip(after).collect();
    let (told, expected) = (Teller::new(&ours).tell(), teller.tell());
    assert!(expected.len() > 50, "{args:?}: {}", expected.len());
    let difference = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> String {
        let missing: Vec<&String> = a.difference(b).collect();
        let first = missing.first().map_or("", |text| text.as_str());
        format!("{} of {}, the first:\n{first}", missing.len(), a.len())
    };
    assert!(
        told == expected,
        "{args:?}:\nmissing {}\nadded {}",
        difference(&expected, &told),
        difference(&told, &expected),
    );
    let share = debug_size(&ours) as f64 / debug_size(&theirs) as f64;
    assert!(share < most, "{args:?}: {share} of what rust-lld writes");
}

/// Code offsets are rust-lld's.
const SAME_CODE: [&str; 2] = ["--no-compress-relocations", "--icf=none"];

#[test]
fn live_code_is_described_as_before() {
    same(&["-Copt-level=0"], &SAME_CODE, 0.5);
    same(&["-Copt-level=2"], &SAME_CODE, 0.5);
    same(&["-Copt-level=1", "-Clto=fat"], &SAME_CODE, 1.1);
}

/// Numbers in code are in their shortest form.
const SHORT_CODE: [&str; 2] = ["--compress-relocations", "--icf=none"];

#[test]
fn code_that_has_moved() {
    same(&["-Copt-level=0"], &SHORT_CODE, 0.5);
    same(&["-Copt-level=2"], &SHORT_CODE, 0.5);
    same(&["-Copt-level=1", "-Clto=fat"], &SHORT_CODE, 1.1);
    same(&["-Copt-level=0", "-Cdwarf-version=5"], &SHORT_CODE, 0.6);
    same(&["-Copt-level=2", "-Cdwarf-version=5"], &SHORT_CODE, 0.9);
}

#[test]
fn dwarf_5() {
    same(&["-Copt-level=0", "-Cdwarf-version=5"], &SAME_CODE, 0.6);
    same(&["-Copt-level=2", "-Cdwarf-version=5"], &SAME_CODE, 0.9);
}

#[test]
fn dead_code_is_not_described() {
    let (ours, theirs) = outputs(&["-Copt-level=0"], &SAME_CODE);
    let count = |wasm: &[u8]| {
        let teller = Teller::new(wasm);
        let mut count = 0;
        for unit in &teller.units {
            let mut entries = unit.entries();
            while let Some(entry) = entries.next_dfs().unwrap() {
                let low = entry.attr_value(gimli::DW_AT_low_pc);
                count += usize::from(matches!(low, Some(AttributeValue::Addr(low)) if gone(low)));
            }
        }
        count
    };
    assert!(count(&theirs) > 100, "{}", count(&theirs));
    assert_eq!(count(&ours), 0);
    let strings = |wasm: &[u8]| sections(wasm)[".debug_str"].len();
    assert!(strings(&ours) < strings(&theirs) / 3);
}
