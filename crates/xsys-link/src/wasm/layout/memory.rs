//! Linear memory: stack, data segments, heap, and the symbols for their ends.
//!
//! The order is wasm-ld's: the stack comes first, so that a stack overflow goes below address 0 and traps; then
//! `.tdata`, `.rodata`, `.data`, other segments and `.bss`; then the heap.

use hashbrown::{HashMap, HashSet};
use xsys_diag::Diagnostic;

use super::strings::MergedStrings;
use crate::wasm::WasmOptions;
use crate::wasm::ids::FileId;
use crate::wasm::live::Live;
use crate::wasm::object::Segment;
use crate::wasm::symbols::resolve::segment_name;
use crate::wasm::symbols::{Definition, LinkerSymbol, Resolved, Symbol};

/// Alignment of the stack pointer in the C ABI of WebAssembly.
const STACK_ALIGN: u64 = 16;
/// Alignment that allocators expect of the heap.
const HEAP_ALIGN: u64 = 16;
/// Size of the address space of a 32-bit memory.
const ADDRESS_SPACE: u64 = 1 << 32;
/// The largest 64-bit memory that wasm-ld allows.
const ADDRESS_SPACE_64: u64 = 1 << 34;
/// Size of the flag that says whether shared memory has been initialised.
const FLAG_SIZE: u64 = 4;

/// A data segment of the output.
#[derive(Debug)]
pub struct OutputSegment<'a> {
    /// The name.
    pub name: &'a str,
    /// The address.
    pub addr: u64,
    /// The size.
    pub size: u64,
    /// Alignment as a power of two.
    pub align: u32,
    /// Whether it is zero and not in the file.
    pub zero: bool,
    /// Whether it is zero.
    pub bss: bool,
    /// The contents, in ascending order.
    pub parts: Vec<Part>,
}

impl OutputSegment<'_> {
    /// Whether it is thread-local.
    pub(crate) fn is_tls(&self) -> bool {
        self.name == ".tdata"
    }
}

/// A part of an output segment or of a custom section.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Its offset in the whole.
    pub offset: u64,
    /// Its contents.
    pub source: Source,
}

/// Where the bytes of a part are.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// In a segment or custom section of a file.
    Input(FileId, u32),
    /// In a table of merged strings: its position among those of all segments, or of the custom section.
    Strings(u32),
    /// Padding before an aligned part: so many zeros.
    Gap(usize),
}

/// Where an input segment is in the output.
#[derive(Clone, Copy, Debug)]
enum Place {
    Dropped,
    At {
        output: u32,
        offset: u64,
    },
    Strings {
        output: u32,
        offset: u64,
        table: u32,
        input: u32,
    },
}

/// The layout of linear memory.
#[derive(Debug, Default)]
pub struct Memory<'a> {
    /// The output's data segments.
    pub segments: Vec<OutputSegment<'a>>,
    /// Tables of merged strings.
    pub strings: Vec<MergedStrings>,
    places: Vec<Vec<Place>>,
    /// Initial size in pages.
    pub pages: u64,
    /// Maximum size in pages.
    pub max_pages: Option<u64>,
    /// Whether threads share the memory, so that segments are not copied automatically.
    pub shared: bool,
    /// Whether memory is imported, so that its contents are unknown.
    pub imported: bool,
    /// Address of the flag that says whether shared memory has been initialised.
    pub init_flag: Option<u64>,
    /// Whether something refers to `__heap_base`.
    has_heap: bool,
    /// As in wasm-ld, addends are not used to find the string in a merged table.
    exact: bool,
    marks: Marks,
}

/// The values of the linker's symbols.
#[derive(Debug, Default)]
struct Marks {
    stack_low: u64,
    stack_high: u64,
    global_base: u64,
    data_end: u64,
    heap_base: u64,
    heap_end: u64,
    table_base: u64,
    first_page_end: u64,
}

/// Lays out memory.
pub(crate) fn lay_out<'a>(
    options: &WasmOptions,
    resolved: &Resolved<'a>,
    live: &Live,
    fill_bss: BssInImport,
) -> Result<Memory<'a>, Vec<Diagnostic>> {
    let mut memory = Memory {
        shared: options.memory.shared,
        imported: options.memory.import.is_some(),
        exact: options.shrink.compat,
        has_heap: resolved
            .find("__heap_base")
            .is_some_and(|id| resolved.symbol(id).is_defined()),
        ..Memory::default()
    };
    memory.collect(options, resolved, live, fill_bss);
    let problems = memory.assign(options);
    match problems.is_empty() {
        true => Ok(memory),
        false => Err(problems),
    }
}

/// How `.bss` becomes zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BssInImport {
    /// It is: the module defines the memory.
    Own,
    /// The start function clears it with `memory.fill`.
    Filled,
    /// The file contains zeros.
    InFile,
}

fn output_name<'a>(options: &WasmOptions, segment: &Segment<'a>) -> &'a str {
    if segment.tls {
        return ".tdata";
    }
    if options.merge_data_segments {
        for (prefix, name) in [
            (".text.", ".text"),
            (".data.", ".data"),
            (".bss.", ".bss"),
            (".rodata.", ".rodata"),
        ] {
            if segment.name.starts_with(prefix) {
                return name;
            }
        }
    }
    segment.name
}

fn rank(name: &str) -> u32 {
    [".tdata", ".rodata", ".data"]
        .iter()
        .position(|prefix| name.starts_with(prefix))
        .map_or(if name.starts_with(".bss") { 4 } else { 3 }, |at| at as u32)
}

fn align_to(value: u64, align: u64) -> u64 {
    value.div_ceil(align).saturating_mul(align)
}

/// Segments in COMDAT groups, which must stay separate in an object.
fn grouped(options: &WasmOptions, resolved: &Resolved<'_>) -> HashSet<(FileId, u32)> {
    let files = resolved.files().filter(|_| options.relocatable);
    let comdats = files.flat_map(|(file, object)| object.comdats.iter().map(move |c| (file, c)));
    comdats
        .flat_map(|(file, comdat)| comdat.segments.iter().map(move |&at| (file, at)))
        .collect()
}

impl<'a> Memory<'a> {
    fn collect(
        &mut self,
        options: &WasmOptions,
        resolved: &Resolved<'a>,
        live: &Live,
        fill_bss: BssInImport,
    ) {
        let mut groups: Vec<(&'a str, Vec<(FileId, u32)>)> = Vec::new();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let grouped = grouped(options, resolved);
        for (file, object) in resolved.files() {
            self.places
                .push(vec![Place::Dropped; object.segments.len()]);
            for (at, segment) in object.segments.iter().enumerate() {
                if !live.segments[file.0 as usize][at] {
                    continue;
                }
                let name = output_name(options, segment);
                if grouped.contains(&(file, at as u32)) {
                    groups.push((name, vec![(file, at as u32)]));
                    continue;
                }
                let group = *by_name.entry(name).or_insert_with(|| {
                    groups.push((name, Vec::new()));
                    groups.len() - 1
                });
                groups[group].1.push((file, at as u32));
            }
        }
        groups.sort_by_key(|(name, _)| rank(name));
        for (name, inputs) in groups {
            let zero = name.starts_with(".bss") && fill_bss != BssInImport::InFile;
            self.add_segment(options, resolved, name, zero, &inputs);
        }
    }

    fn add_segment(
        &mut self,
        options: &WasmOptions,
        resolved: &Resolved<'a>,
        name: &'a str,
        zero: bool,
        inputs: &[(FileId, u32)],
    ) {
        let segment = |&(file, at): &(FileId, u32)| &resolved.file(file).segments[at as usize];
        let merges = |input: &(FileId, u32)| {
            let segment = segment(input);
            let plain = segment.relocs.is_empty() && !segment.data.is_empty();
            segment.strings && segment.align == 0 && options.optimize > 0 && plain
        };
        // Strings in one table must agree in these flags.
        let kind = |input: &(FileId, u32)| (segment(input).retain, segment(input).tls);
        let mut kinds: Vec<(bool, bool)> = Vec::new();
        let mut lists: Vec<Vec<&[u8]>> = Vec::new();
        for input in inputs.iter().filter(|input| merges(input)) {
            let contents = segment(input).data;
            match kinds.iter().position(|of| *of == kind(input)) {
                Some(at) => lists[at].push(contents),
                None => {
                    kinds.push(kind(input));
                    lists.push(vec![contents]);
                }
            }
        }
        let first_table = self.strings.len();
        let built = lists.iter().map(|list| MergedStrings::build(list));
        self.strings.extend(built);
        // Where each table is, and how many of its inputs have been placed.
        let mut met: Vec<(Option<u64>, u32)> = vec![(None, 0); kinds.len()];
        let output = self.segments.len() as u32;
        let mut whole = OutputSegment {
            name,
            addr: 0,
            size: 0,
            align: 0,
            zero,
            bss: name.starts_with(".bss") && !options.relocatable,
            parts: Vec::new(),
        };
        for input in inputs {
            let place = &mut self.places[input.0.0 as usize][input.1 as usize];
            if merges(input) {
                let table = kinds.iter().position(|of| *of == kind(input));
                let table = table.unwrap_or_default();
                let (at, number) = &mut met[table];
                let table = first_table + table;
                // The table takes the place of its first input.
                let offset = *at.get_or_insert_with(|| {
                    let offset = whole.size;
                    whole.parts.push(Part {
                        offset,
                        source: Source::Strings(table as u32),
                    });
                    whole.size += self.strings[table].bytes.len() as u64;
                    offset
                });
                *place = Place::Strings {
                    output,
                    offset,
                    table: table as u32,
                    input: *number,
                };
                *number += 1;
                continue;
            }
            let segment = segment(input);
            let offset = align_to(whole.size, 1 << segment.align);
            whole.align = whole.align.max(segment.align);
            whole.parts.push(Part {
                offset,
                source: Source::Input(input.0, input.1),
            });
            whole.size = offset + segment.data.len() as u64;
            *place = Place::At { output, offset };
        }
        self.segments.push(whole);
    }

    fn assign(&mut self, options: &WasmOptions) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        let settings = &options.memory;
        let mut at = 0;
        if options.relocatable {
            at = self.place_segments(at);
            self.size(options, at, &mut problems);
            return problems;
        }
        if !settings.stack_size.is_multiple_of(STACK_ALIGN) {
            problems.push(unaligned("stack size", settings.stack_size, STACK_ALIGN));
        }
        if settings.stack_first {
            at = self.place_stack(at, settings.stack_size);
            if let Some(base) = settings.global_base {
                if base < at {
                    problems.push(
                        Diagnostic::error(format!("data would start at {base:#x}, in the stack"))
                            .note(format!("the stack ends at {at:#x}"))
                            .help("raise `--global-base`, or use `--no-stack-first`")
                            .counterpart(
                                "--global-base cannot be less than stack size when --stack-first is used",
                            ),
                    );
                }
                at = base;
            }
        } else {
            at = settings.global_base.unwrap_or(1024);
        }
        self.marks.global_base = at;
        at = self.place_segments(at);
        if self.shared && !self.segments.is_empty() {
            at = align_to(at, FLAG_SIZE);
            self.init_flag = Some(at);
            at = at.saturating_add(FLAG_SIZE);
        }
        self.marks.data_end = at;
        if !settings.stack_first {
            at = self.place_stack(at, settings.stack_size);
        }
        // Without a heap there is no need to align its start.
        if self.has_heap {
            at = align_to(at, HEAP_ALIGN);
        }
        self.marks.heap_base = at;
        self.size(options, at, &mut problems);
        self.marks.table_base = u64::from(options.table.base);
        self.marks.first_page_end = settings.page_size;
        problems
    }

    fn place_segments(&mut self, mut at: u64) -> u64 {
        for segment in &mut self.segments {
            at = align_to(at, 1 << segment.align);
            segment.addr = at;
            at = at.saturating_add(segment.size);
        }
        at
    }

    /// The output segment that contains an offset of a file's segment, and the offset there.
    pub fn place(&self, file: FileId, segment: u32, offset: u64) -> Option<(u32, u64)> {
        let place = self.places.get(file.0 as usize)?.get(segment as usize)?;
        let output = match *place {
            Place::Dropped => return None,
            Place::At { output, .. } | Place::Strings { output, .. } => output,
        };
        let start = self.segments.get(output as usize)?.addr;
        Some((
            output,
            self.address(file, segment, offset).wrapping_sub(start),
        ))
    }

    /// Combines flags of the inputs of each output segment with `of`, which takes the flags so far and the next
    /// input.
    pub fn segment_flags(
        &self,
        resolved: &Resolved<'_>,
        of: impl Fn(Option<u32>, &Segment<'_>) -> u32,
    ) -> Vec<u32> {
        let mut flags = vec![None; self.segments.len()];
        for ((_, object), places) in resolved.files().zip(&self.places) {
            for (segment, place) in object.segments.iter().zip(places) {
                let (Place::At { output, .. } | Place::Strings { output, .. }) = *place else {
                    continue;
                };
                if let Some(known) = flags.get_mut(output as usize) {
                    *known = Some(of(*known, segment));
                }
            }
        }
        flags.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Computes initial and maximum size.
    fn size(&mut self, options: &WasmOptions, used: u64, problems: &mut Vec<Diagnostic>) {
        let settings = &options.memory;
        let page = settings.page_size;
        let space = match options.is64() {
            true => ADDRESS_SPACE_64,
            false => ADDRESS_SPACE,
        };
        for (what, value) in [
            ("initial heap", settings.initial_heap),
            ("initial memory", settings.initial),
            ("maximum memory", settings.max),
        ] {
            if !value.is_multiple_of(page) {
                problems.push(unaligned(what, value, page));
            }
            if value > space {
                problems.push(too_large(what, value, space));
            }
        }
        let mut at = used.saturating_add(settings.initial_heap);
        if settings.initial != 0 {
            if at > settings.initial {
                problems.push(too_small(
                    "initial memory",
                    settings.initial,
                    at,
                    "--initial-memory",
                ));
            }
            at = settings.initial;
        }
        at = align_to(at, page);
        if at > space {
            problems.push(too_large("stack and data", at, space));
        }
        self.marks.heap_end = at;
        self.pages = at / page;
        if settings.max != 0 {
            if at > settings.max {
                problems.push(too_small(
                    "maximum memory",
                    settings.max,
                    at,
                    "--max-memory",
                ));
            }
            self.max_pages = Some(settings.max / page);
        } else if settings.shared || (settings.fixed && at != 0) {
            // A shared memory must have a maximum size.
            self.max_pages = Some(self.pages);
        }
    }

    fn place_stack(&mut self, at: u64, size: u64) -> u64 {
        let low = align_to(at, STACK_ALIGN);
        let high = low.saturating_add(size);
        self.marks.stack_low = low;
        self.marks.stack_high = high;
        high
    }

    /// The initial value of the stack pointer.
    pub fn stack_pointer(&self) -> u64 {
        self.marks.stack_high
    }

    /// The address of thread-local data.
    pub fn tls_base(&self) -> u64 {
        self.tls().map_or(0, |segment| segment.addr)
    }

    /// The size of thread-local data.
    pub fn tls_size(&self) -> u64 {
        self.tls().map_or(0, |segment| segment.size)
    }

    /// The alignment of thread-local data.
    pub fn tls_align(&self) -> u64 {
        self.tls().map_or(0, |segment| 1 << segment.align)
    }

    /// The segment of thread-local data, which is the first one.
    fn tls(&self) -> Option<&OutputSegment<'a>> {
        self.segments.first().filter(|s| s.is_tls())
    }

    /// Whether the start function has to initialise a segment.
    pub fn fills(&self, segment: &OutputSegment<'_>) -> bool {
        self.shared || (self.imported && segment.zero)
    }

    /// The address of an offset in a file's segment.
    pub fn address(&self, file: FileId, segment: u32, offset: u64) -> u64 {
        match self.places[file.0 as usize][segment as usize] {
            Place::Dropped => 0,
            Place::At {
                output,
                offset: base,
            } => {
                let start = self.segments[output as usize].addr;
                start.wrapping_add(base).wrapping_add(offset)
            }
            Place::Strings {
                output,
                offset: base,
                table,
                input,
            } => {
                let place = self.strings[table as usize].place(input as usize, offset);
                let start = self.segments[output as usize].addr;
                start.wrapping_add(base).wrapping_add(place)
            }
        }
    }

    /// The value that relocations use for a data symbol. `None` if it is undefined.
    ///
    /// For a thread-local variable that is its offset in the thread-local data, even in programs without threads.
    pub fn symbol_address(&self, symbol: &Symbol<'_>, addend: i64) -> Option<u64> {
        let address = self.plain_address(symbol, addend)?;
        Some(match symbol.is_tls() {
            true => address.wrapping_sub(self.tls_start(symbol)),
            false => address,
        })
    }

    /// The address of the segment that contains a thread-local variable. In an object there may be several such
    /// segments.
    fn tls_start(&self, symbol: &Symbol<'_>) -> u64 {
        let place = match symbol.definition {
            Definition::Data { file, segment, .. } => {
                self.places[file.0 as usize][segment as usize]
            }
            _ => Place::Dropped,
        };
        match place {
            Place::At { output, .. } | Place::Strings { output, .. } => {
                self.segments[output as usize].addr
            }
            Place::Dropped => self.tls_base(),
        }
    }

    /// The address of a data symbol. For a thread-local variable, that is in the copy that the first thread uses.
    pub fn plain_address(&self, symbol: &Symbol<'_>, addend: i64) -> Option<u64> {
        match symbol.definition {
            // In merged strings, the addend decides which string is meant.
            Definition::Data {
                file,
                segment,
                offset,
            } => match self.places[file.0 as usize][segment as usize] {
                Place::Strings { .. } if !self.exact => {
                    Some(self.address(file, segment, u64::from(offset).wrapping_add_signed(addend)))
                }
                _ => Some(
                    self.address(file, segment, offset.into())
                        .wrapping_add_signed(addend),
                ),
            },
            Definition::Absolute(addr) => Some(u64::from(addr).wrapping_add_signed(addend)),
            Definition::Linker(kind) => {
                let addr = self.linker_address(kind, symbol.name);
                Some(addr.wrapping_add_signed(addend))
            }
            _ => None,
        }
    }

    /// The segment that `__start_NAME` or `__stop_NAME` belongs to, if it exists.
    pub fn segment(&self, symbol: &str) -> Option<&OutputSegment<'a>> {
        let wanted = segment_name(symbol);
        self.segments.iter().find(|segment| segment.name == wanted)
    }

    fn linker_address(&self, kind: LinkerSymbol, name: &str) -> u64 {
        let segment = || self.segment(name);
        match kind {
            LinkerSymbol::StackPointer | LinkerSymbol::StackHigh => self.stack_pointer(),
            LinkerSymbol::TlsBase => self.tls_base(),
            LinkerSymbol::TlsSize => self.tls_size(),
            LinkerSymbol::TlsAlign => self.tls_align(),
            LinkerSymbol::FunctionTable => 0,
            LinkerSymbol::DataEnd => self.marks.data_end,
            LinkerSymbol::GlobalBase => self.marks.global_base,
            LinkerSymbol::HeapBase => self.marks.heap_base,
            LinkerSymbol::HeapEnd => self.marks.heap_end,
            LinkerSymbol::StackLow => self.marks.stack_low,
            LinkerSymbol::DsoHandle => self.marks.global_base,
            LinkerSymbol::MemoryBase => 0,
            LinkerSymbol::TableBase => self.marks.table_base,
            LinkerSymbol::FirstPageEnd => self.marks.first_page_end,
            LinkerSymbol::InitFlag => self.init_flag.unwrap_or(0),
            LinkerSymbol::SegmentStart => segment().map_or(0, |found| found.addr),
            LinkerSymbol::SegmentEnd => segment().map_or(0, |found| found.addr + found.size),
        }
    }
}

fn unaligned(what: &str, value: u64, align: u64) -> Diagnostic {
    let aligned = match align {
        STACK_ALIGN => "16-byte aligned".to_owned(),
        _ => format!("aligned to the page size ({align} bytes)"),
    };
    Diagnostic::error(format!("{what} {value} is not a multiple of {align}"))
        .counterpart(format!("{what} must be {aligned}"))
        .help(format!("use {}", align_to(value, align)))
}

fn too_large(what: &str, value: u64, space: u64) -> Diagnostic {
    let bits = if space == ADDRESS_SPACE { 32 } else { 64 };
    Diagnostic::error(format!("{what} of {value:#x} bytes over the address space"))
        .note(format!("a {bits}-bit memory has at most {space:#x} bytes"))
        .counterpart(format!("{what} too large, cannot be greater than {space}"))
}

fn too_small(what: &str, value: u64, needed: u64, option: &str) -> Diagnostic {
    Diagnostic::error(format!("{what} too small: {value} bytes, {needed} needed"))
        .note("stack, data and the initial heap have to fit")
        .counterpart(format!("{what} too small, {needed} bytes needed"))
        .help(format!("raise `{option}`"))
}

#[cfg(test)]
mod tests;
