//! Objects that LLVM refuses and [`ObjectFile::parse`](super::ObjectFile::parse) does not, for `--compat=wasm-ld`.
//!
//! Problem: with `--compat=wasm-ld`, everything has to be refused that wasm-ld refuses. LLVM's reader fails if there
//! are bytes behind the last item of a section, if sections are not in LLVM's order, and if a list contains a name
//! twice. Our parser ignores all that. So each object is read once more to check these rules.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md` and `ProducersSection.md`; the messages are wasm-ld's.

use hashbrown::HashSet;
use wasmparser::BinaryReader;

use super::sections::{Section, sections};

/// The error that LLVM reports; `None` if our parser reports the problem.
type Looked = Result<(), Option<String>>;

fn unread<E>(_: E) -> Option<String> {
    None
}

fn refuse(words: impl Into<String>) -> Looked {
    Err(Some(words.into()))
}

/// Id of custom sections.
const CUSTOM: u8 = 0;
const START: u8 = 8;
const DATA_COUNT: u8 = 12;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// Ids of sections in the order in which they have to be; custom sections for linking follow.
const ORDER: &[u8] = &[1, 2, 3, 4, 5, 13, 6, 7, START, 9, DATA_COUNT, CODE, DATA];
const CUSTOM_ORDER: &[&str] = &["linking", "name", "producers", "target_features"];

/// Version of the `linking` section.
const VERSION: u32 = 2;

/// Flag of local symbols.
const LOCAL: u32 = 2;
const BINDING: u32 = 3;
const UNDEFINED: u32 = 0x10;
const EXPLICIT_NAME: u32 = 0x40;

/// The error that LLVM reports for an object; `None` if it accepts it. If `merges`, strings of debug information are
/// merged.
pub fn objection(bytes: &[u8], merges: bool) -> Option<String> {
    look(bytes, merges).err().flatten()
}

fn look(bytes: &[u8], merges: bool) -> Looked {
    let sections = sections(bytes).map_err(unread)?;
    let mut order = Order::default();
    let mut counts = Counts::default();
    for (number, section) in sections.iter().enumerate() {
        if section.payload.is_empty() {
            return refuse("zero length section");
        }
        if section.id != CUSTOM {
            order.check(section.id, "")?;
            counts.look(section)?;
            continue;
        }
        let (name, contents) = section.custom().map_err(unread)?;
        order.check(CUSTOM, name)?;
        match name {
            "dylink" | "dylink.0" => return refuse("attempted static link of dynamic object"),
            "linking" => linking(&contents, &counts, &sections[..number])?,
            "name" => names(&contents, &counts)?,
            "producers" => producers(&contents)?,
            "target_features" => features(&contents)?,
            ".debug_str" | ".debug_line_str" if merges && !ends(contents.payload) => {
                return refuse("string is not null terminated");
            }
            _ if name.starts_with("reloc.") => relocs(&contents, &sections[..number])?,
            _ => {}
        }
    }
    Ok(())
}

/// The order of sections.
#[derive(Default)]
struct Order {
    /// The position in the order from which the next section may come.
    next: usize,
    /// Whether there was a relocation section. These may be anywhere behind the `linking` section.
    relocs: bool,
}

impl Order {
    fn check(&mut self, id: u8, name: &str) -> Looked {
        let place = match id {
            CUSTOM if name.starts_with("reloc.") => {
                self.relocs = true;
                return Ok(());
            }
            CUSTOM => {
                let at = CUSTOM_ORDER.iter().position(|known| *known == name);
                at.map(|at| at + ORDER.len())
            }
            _ => ORDER.iter().position(|known| *known == id),
        };
        let Some(place) = place else {
            return match id {
                CUSTOM => Ok(()),
                _ => refuse(format!("invalid section type: {id}")),
            };
        };
        if place < self.next || (self.relocs && place <= ORDER.len()) {
            return refuse(format!("out of order section type: {id}"));
        }
        self.next = place + 1;
        Ok(())
    }
}

/// The number of items of each kind, imported ones included.
#[derive(Default)]
struct Counts<'a> {
    imported: [u32; 4],
    /// The names of the imported ones.
    names: [Vec<&'a str>; 4],
    own: [u32; 4],
    segments: u32,
    /// The value in the data count section.
    data_count: Option<u32>,
}

/// Positions in [`Counts`].
const FUNCTIONS: usize = 0;
const TABLES: usize = 1;
const GLOBALS: usize = 2;
const TAGS: usize = 3;

impl<'a> Counts<'a> {
    fn all(&self, kind: usize) -> u32 {
        self.imported[kind].saturating_add(self.own[kind])
    }

    /// Counts the items of a section, and checks that nothing follows.
    fn look(&mut self, section: &Section<'a>) -> Looked {
        let name = match section.id {
            1 => "type",
            2 => "import",
            3 => "function",
            4 => "table",
            5 => "memory",
            6 => "global",
            7 => "export",
            9 => "elem",
            CODE => "code",
            DATA => "data",
            13 => "tag",
            DATA_COUNT => {
                self.data_count = Some(section.reader().read_var_u32().map_err(unread)?);
                return Ok(());
            }
            _ => return self.start(section),
        };
        let mut reader = section.reader();
        let count = reader.read_var_u32().map_err(unread)?;
        match section.id {
            3 => self.own[FUNCTIONS] = count,
            4 => self.own[TABLES] = count,
            6 => self.own[GLOBALS] = count,
            13 => self.own[TAGS] = count,
            DATA => self.segments = count,
            _ => {}
        }
        if section.id == DATA && self.data_count.is_some_and(|said| said != count) {
            return refuse("number of data segments does not match DataCount section");
        }
        for _ in 0..count {
            self.item(section.id, &mut reader)?;
        }
        end(&reader, name)
    }

    /// Reads an item of a section.
    fn item(&mut self, id: u8, reader: &mut BinaryReader<'a>) -> Looked {
        let read = match id {
            1 => reader.read::<wasmparser::RecGroup>().map(drop),
            2 => reader.read::<wasmparser::Import<'a>>().map(|import| {
                let kind = match import.ty {
                    wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_) => FUNCTIONS,
                    wasmparser::TypeRef::Table(_) => TABLES,
                    wasmparser::TypeRef::Global(_) => GLOBALS,
                    wasmparser::TypeRef::Tag(_) => TAGS,
                    wasmparser::TypeRef::Memory(_) => return,
                };
                self.imported[kind] += 1;
                self.names[kind].push(import.name);
            }),
            3 => reader.read_var_u32().map(drop),
            4 => reader.read::<wasmparser::Table<'_>>().map(drop),
            5 => reader.read::<wasmparser::MemoryType>().map(drop),
            6 => {
                let global = reader.read::<wasmparser::Global<'_>>().map_err(unread)?;
                return constant(&global.init_expr);
            }
            7 => return self.export(reader),
            9 => reader.read::<wasmparser::Element<'_>>().map(drop),
            CODE => {
                let size = reader.read_var_u32().map_err(unread)?;
                let body = reader.read_bytes(size as usize).map_err(unread)?;
                return variables(body);
            }
            DATA => {
                let data = reader.read::<wasmparser::Data<'_>>().map_err(unread)?;
                return match &data.kind {
                    wasmparser::DataKind::Active { offset_expr, .. } => constant(offset_expr),
                    wasmparser::DataKind::Passive => Ok(()),
                };
            }
            _ => reader.read::<wasmparser::TagType>().map(drop),
        };
        read.map_err(unread)
    }

    fn export(&self, reader: &mut BinaryReader<'_>) -> Looked {
        use wasmparser::ExternalKind as Kind;
        let export = reader.read::<wasmparser::Export<'_>>().map_err(unread)?;
        let own = |kind: usize| (self.imported[kind]..self.all(kind)).contains(&export.index);
        let (there, what) = match export.kind {
            Kind::Func | Kind::FuncExact => (own(FUNCTIONS), "function"),
            Kind::Global => (export.index < self.all(GLOBALS), "global"),
            Kind::Tag => (export.index < self.all(TAGS), "tag"),
            Kind::Memory | Kind::Table => return Ok(()),
        };
        match there {
            true => Ok(()),
            false => refuse(format!("invalid {what} export")),
        }
    }

    fn start(&self, section: &Section<'_>) -> Looked {
        let function = section.reader().read_var_u32().map_err(unread)?;
        match function < self.all(FUNCTIONS) {
            true => Ok(()),
            false => refuse("invalid start function"),
        }
    }
}

/// Whether a list of strings has the end of the last one.
fn ends(strings: &[u8]) -> bool {
    strings.last().is_none_or(|&last| last == 0)
}

/// Checks that an expression consists of instructions that have a constant value.
fn constant(expression: &wasmparser::ConstExpr<'_>) -> Looked {
    use wasmparser::Operator as Op;
    for operator in expression.get_operators_reader() {
        if let Op::Block { .. }
        | Op::Loop { .. }
        | Op::If { .. }
        | Op::Else
        | Op::Br { .. }
        | Op::Call { .. }
        | Op::Drop
        | Op::Unreachable
        | Op::Nop
        | Op::Return
        | Op::LocalGet { .. }
        | Op::LocalSet { .. }
        | Op::GlobalSet { .. } = operator.map_err(unread)?
        {
            return refuse("invalid opcode in init_expr");
        }
    }
    Ok(())
}

/// Checks that the local variables of a function are within its body.
fn variables(body: &[u8]) -> Looked {
    let mut reader = BinaryReader::new(body, 0);
    let mut read = || {
        for _ in 0..reader.read_var_u32()? {
            reader.read_var_u32()?;
            reader.read_u8()?;
        }
        Ok(())
    };
    let read: wasmparser::Result<()> = read();
    read.map_err(|_| Some("Function extends beyond buffer".to_owned()))
}

/// Checks that nothing follows.
fn end(reader: &BinaryReader<'_>, what: &str) -> Looked {
    match reader.eof() {
        true => Ok(()),
        false => refuse(format!("{what} section ended prematurely")),
    }
}

/// The name section: every item is named once.
fn names(section: &Section<'_>, counts: &Counts<'_>) -> Looked {
    let mut reader = section.reader();
    let mut seen = HashSet::new();
    while !reader.eof() {
        let kind = reader.read_u8().map_err(unread)?;
        let size = reader.read_var_u32().map_err(unread)?;
        let part = reader.read_bytes(size as usize).map_err(unread)?;
        let (what, most) = match kind {
            1 => ("function", counts.all(FUNCTIONS)),
            7 => ("global", counts.all(GLOBALS)),
            9 => ("segment", counts.segments.saturating_add(1)),
            _ => continue,
        };
        let mut part = BinaryReader::new(part, 0);
        for _ in 0..part.read_var_u32().map_err(unread)? {
            let index = part.read_var_u32().map_err(unread)?;
            let name = part.read_unlimited_string().map_err(unread)?;
            if !seen.insert((kind, index)) {
                return refuse(format!("{what} named more than once"));
            }
            if index >= most || (name.is_empty() && kind != 9) {
                return refuse(match kind {
                    9 => "invalid data segment name entry".to_owned(),
                    _ => format!("invalid {what} name entry"),
                });
            }
        }
        if !part.eof() {
            return refuse("name sub-section ended prematurely");
        }
    }
    Ok(())
}

fn producers(section: &Section<'_>) -> Looked {
    let mut reader = section.reader();
    let mut fields = HashSet::new();
    for _ in 0..reader.read_var_u32().map_err(unread)? {
        let field = reader.read_unlimited_string().map_err(unread)?;
        if !fields.insert(field) {
            return refuse("producers section does not have unique fields");
        }
        if !["language", "processed-by", "sdk"].contains(&field) {
            return refuse(
                "producers section field is not named one of language, processed-by, or sdk",
            );
        }
        let mut tools = HashSet::new();
        for _ in 0..reader.read_var_u32().map_err(unread)? {
            let tool = reader.read_unlimited_string().map_err(unread)?;
            reader.read_unlimited_string().map_err(unread)?;
            if !tools.insert(tool) {
                return refuse("producers section contains repeated producer");
            }
        }
    }
    end(&reader, "producers")
}

fn features(section: &Section<'_>) -> Looked {
    let mut reader = section.reader();
    let mut seen = HashSet::new();
    for _ in 0..reader.read_var_u32().map_err(unread)? {
        let prefix = reader.read_u8().map_err(unread)?;
        if !matches!(prefix, b'+' | b'-') {
            return refuse("unknown feature policy prefix");
        }
        let name = reader.read_unlimited_string().map_err(unread)?;
        if !seen.insert(name) {
            return refuse(format!(
                "target features section contains repeated feature \"{name}\""
            ));
        }
    }
    end(&reader, "target features")
}

fn relocs(section: &Section<'_>, before: &[Section<'_>]) -> Looked {
    let mut reader = section.reader();
    let target = reader.read_var_u32().map_err(unread)?;
    let Some(target) = before.get(target as usize) else {
        return refuse("invalid section index");
    };
    let size = match target.id {
        CUSTOM => target.custom().map_err(unread)?.1.payload.len(),
        _ => target.payload.len(),
    };
    let mut previous = 0;
    let count = reader.read_var_u32().map_err(unread)?;
    for _ in 0..count {
        // Our parser does not read those of debug information that is dropped.
        let entry = reader.read::<wasmparser::RelocationEntry>();
        let entry = entry.map_err(|_| Some("invalid relocation type".to_owned()))?;
        if entry.offset < previous {
            return refuse("relocations not in offset order");
        }
        previous = entry.offset;
        if entry.relocation_range().is_ok_and(|range| range.end > size) {
            return refuse("invalid relocation offset");
        }
    }
    end(&reader, "reloc")
}

/// The `linking` section.
fn linking(section: &Section<'_>, counts: &Counts<'_>, before: &[Section<'_>]) -> Looked {
    let mut reader = section.reader();
    let version = reader.read_var_u32().map_err(unread)?;
    if version != VERSION {
        return refuse(format!(
            "unexpected metadata version: {version} (Expected: {VERSION})"
        ));
    }
    while !reader.eof() {
        let kind = reader.read_u8().map_err(unread)?;
        let size = reader.read_var_u32().map_err(unread)?;
        let part = reader.read_bytes(size as usize).map_err(unread)?;
        let mut part = BinaryReader::new(part, 0);
        match kind {
            8 => symbols(&mut part, counts)?,
            5 => {
                let count = part.read_var_u32().map_err(unread)?;
                if count > counts.segments {
                    return refuse("too many segment names");
                }
                for _ in 0..count {
                    part.read_unlimited_string().map_err(unread)?;
                    part.read_var_u32().map_err(unread)?;
                    part.read_var_u32().map_err(unread)?;
                }
            }
            6 => {
                for _ in 0..part.read_var_u32().map_err(unread)? {
                    part.read_var_u32().map_err(unread)?;
                    part.read_var_u32().map_err(unread)?;
                }
            }
            7 => groups(&mut part, counts, before)?,
            _ => continue,
        }
        if !part.eof() {
            return refuse("linking sub-section ended prematurely");
        }
    }
    Ok(())
}

/// Global symbols must have different names. One without a name has its import's.
fn symbols<'a>(reader: &mut BinaryReader<'a>, counts: &Counts<'a>) -> Looked {
    const DATA: u8 = 1;
    const SECTION: u8 = 3;
    let mut seen = HashSet::new();
    for _ in 0..reader.read_var_u32().map_err(unread)? {
        let kind = reader.read_u8().map_err(unread)?;
        let flags = reader.read_var_u32().map_err(unread)?;
        let defined = flags & UNDEFINED == 0;
        let named = match kind {
            DATA => true,
            SECTION => false,
            _ => defined || flags & EXPLICIT_NAME != 0,
        };
        let index = match kind {
            DATA => 0,
            _ => reader.read_var_u32().map_err(unread)?,
        };
        let name = match named {
            true => Some(reader.read_unlimited_string().map_err(unread)?),
            false => {
                let items = match kind {
                    0 => Some(FUNCTIONS),
                    2 => Some(GLOBALS),
                    4 => Some(TAGS),
                    5 => Some(TABLES),
                    _ => None,
                };
                items.and_then(|kind| counts.names[kind].get(index as usize).copied())
            }
        };
        if kind == DATA && defined {
            reader.read_var_u32().map_err(unread)?;
            reader.read_var_u64().map_err(unread)?;
            reader.read_var_u64().map_err(unread)?;
        }
        let local = flags & BINDING == LOCAL;
        if kind == SECTION && !local {
            return refuse("section symbols must have local binding");
        }
        if let Some(name) = name.filter(|_| !local)
            && !seen.insert(name)
        {
            return refuse(format!("duplicate symbol name {name}"));
        }
    }
    Ok(())
}

/// COMDAT groups must have different names and members.
fn groups(reader: &mut BinaryReader<'_>, counts: &Counts<'_>, before: &[Section<'_>]) -> Looked {
    const SEGMENT: u32 = 0;
    const FUNCTION: u32 = 1;
    const SECTION: u32 = 5;
    let (mut seen, mut members) = (HashSet::new(), HashSet::new());
    for _ in 0..reader.read_var_u32().map_err(unread)? {
        let name = reader.read_unlimited_string().map_err(unread)?;
        if name.is_empty() || !seen.insert(name) {
            return refuse(format!("bad/duplicate COMDAT name {name}"));
        }
        if reader.read_var_u32().map_err(unread)? != 0 {
            return refuse("unsupported COMDAT flags");
        }
        for _ in 0..reader.read_var_u32().map_err(unread)? {
            let kind = reader.read_var_u32().map_err(unread)?;
            let index = reader.read_var_u32().map_err(unread)?;
            let once = members.insert((kind, index));
            let functions = counts.imported[FUNCTIONS]..counts.all(FUNCTIONS);
            let problem = match kind {
                SEGMENT if index >= counts.segments => "COMDAT data index out of range",
                SEGMENT if !once => "data segment in two COMDATs",
                FUNCTION if !functions.contains(&index) => "COMDAT function index out of range",
                FUNCTION if !once => "function in two COMDATs",
                SECTION => match before.get(index as usize) {
                    None => "COMDAT section index out of range",
                    Some(section) if section.id != CUSTOM => "non-custom section in a COMDAT",
                    Some(_) => continue,
                },
                SEGMENT | FUNCTION => continue,
                _ => "invalid COMDAT entry type",
            };
            return refuse(problem);
        }
    }
    Ok(())
}
