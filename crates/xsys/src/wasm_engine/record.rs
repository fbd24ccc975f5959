//! Makes a module record its calls, so that a trap can be located.
//!
//! The engine drops its stack when a program traps, and wasm cannot inspect it. So the module is rewritten before it is
//! run: it gets one more memory, with a word for each active call, and one more global, the address of the innermost
//! call's word. A function keeps the address of its own word in a local:
//!
//! ```text
//! on entry        own = depth + 4; depth = own; [own] = ENTERED | offset of the function's code
//! before a call   [own] = offset of the call
//! after it        depth = own
//! before what may trap by itself   [own] = TRAPS | offset
//! ```
//!
//! Loads and stores are not recorded: there are too many, and safe Rust does not trap there. For such a trap, the
//! function and its last call are known. Functions that call nothing and contain nothing else that traps are left
//! unchanged, which is true of most small ones; the record then ends with the call of such a function, which needs no
//! correction afterwards.
//!
//! Offsets are the original's, from the start of the code section's contents, as in DWARF. All additions come last in
//! their index spaces, so nothing needs renumbering: bytes are copied, and instructions inserted in between.

use std::ops::Range;

use wasm_encoder::{Encode, Instruction, MemArg, MemArgTarget, SectionId};
use wasmparser::{
    BinaryReader, CompositeInnerType, FunctionBody, KnownCustom, Name, Operator, Parser, Payload,
    TypeRef, ValType,
};

use crate::wasm_engine::MAX_CALLS;

/// The prefix of our exports' names.
pub(super) const OURS: &str = "xsys:";
/// The memory with the words.
pub(super) const CALLS: &str = "xsys:calls";
/// The address of the innermost call's word.
pub(super) const DEPTH: &str = "xsys:depth";
/// The program's stack pointer.
pub(super) const STACK: &str = "xsys:stack";
/// The module's start function, which is called later than usual.
pub(super) const START: &str = "xsys:start";

/// In a call's word: the instruction traps by itself.
pub(super) const TRAPS: u32 = 1 << 31;
/// In a call's word: nothing has been recorded but the call.
pub(super) const ENTERED: u32 = 1 << 30;

/// Where the index of the last indirect call is stored, in the memory of the calls.
pub(super) const LAST_INDEX: u32 = (MAX_CALLS as u32 + 64) * 4;
/// Where the first arguments of the last panic are stored, eight bytes each: of `panic_fmt`, and of
/// the panic handler.
pub(super) const PANIC_FMT: u32 = LAST_INDEX + 8;
pub(super) const PANIC_HANDLER: u32 = PANIC_FMT + 8 * PANIC_ARGUMENTS as u32;
pub(super) const PANIC_ARGUMENTS: usize = 4;
const PAGES: u64 = (PANIC_HANDLER as u64 + 8 * PANIC_ARGUMENTS as u64).div_ceil(65536);

/// The order of sections (core specification, "Modules" in the binary format).
const ORDER: [u8; 13] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/// The rewritten module. `None` for one that cannot be read or is of an unusual kind: it is then
/// run unchanged, and the engine reports what is wrong with it.
pub(super) fn rewrite(wasm: &[u8]) -> Option<Vec<u8>> {
    let module = Module::read(wasm)?;
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    let mut content = Vec::new();
    for id in ORDER {
        let original = module.sections.iter().find(|section| section.0 == id);
        let original = original.map(|section| wasm.get(section.1.clone()).unwrap_or_default());
        content.clear();
        match id {
            _ if id == SectionId::Memory as u8 => {
                appended(original, &mut content, |out| {
                    out.extend([1]);
                    PAGES.encode(out);
                    PAGES.encode(out);
                    1
                })?;
            }
            _ if id == SectionId::Global as u8 => {
                // A variable i32 that begins with 0.
                appended(original, &mut content, |out| {
                    out.extend([0x7f, 1, 0x41, 0, 0x0b]);
                    1
                })?;
            }
            _ if id == SectionId::Export as u8 => {
                appended(original, &mut content, |out| module.exports(out))?;
            }
            _ if id == SectionId::Start as u8 => continue,
            _ if id == SectionId::Code as u8 => {
                if original.is_none() {
                    continue;
                }
                module.code(wasm, &mut content)?;
            }
            _ => match original {
                Some(original) => content.extend(original),
                None => continue,
            },
        }
        out.push(id);
        u32::try_from(content.len()).ok()?.encode(&mut out);
        out.append(&mut content);
    }
    Some(out)
}

/// A section with additional items.
fn appended(
    original: Option<&[u8]>,
    out: &mut Vec<u8>,
    add: impl FnOnce(&mut Vec<u8>) -> u32,
) -> Option<()> {
    let mut more = Vec::new();
    let added = add(&mut more);
    let (count, items) = match original {
        Some(original) => {
            let mut reader = BinaryReader::new(original, 0);
            let count = reader.read_var_u32().ok()?;
            (
                count,
                original.get(usize::try_from(reader.original_position()).ok()?..)?,
            )
        }
        None => (0, &[][..]),
    };
    count.checked_add(added)?.encode(out);
    out.extend(items);
    out.extend(more);
    Some(())
}

/// What has to be known of a module to rewrite it.
#[derive(Default)]
struct Module<'a> {
    sections: Vec<(u8, Range<usize>)>,
    /// Types of parameters, by type.
    types: Vec<Vec<ValType>>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imported_functions: usize,
    globals: u32,
    /// LLVM's stack pointer: the first global, if it can change.
    stack: Option<u32>,
    memories: u32,
    /// Whether tables have 64-bit indexes.
    tables: Vec<bool>,
    start: Option<u32>,
    code: u64,
    bodies: Vec<FunctionBody<'a>>,
    /// Functions that are left unchanged, including imported ones.
    plain: Vec<bool>,
    /// Functions whose arguments describe a panic, and where those are kept.
    panics: Vec<(u32, u32)>,
}

impl<'a> Module<'a> {
    fn read(wasm: &'a [u8]) -> Option<Self> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.ok()?;
            if let Some((id, range)) = payload.as_section()
                && id != 0
            {
                module.sections.push((id, within(range)?));
            }
            module.take(payload)?;
        }
        module.plain = vec![true; module.imported_functions];
        for body in &module.bodies {
            module.plain.push(is_plain(body)?);
        }
        // Marks share a word with the offset.
        let fits = wasm.len() < ENTERED as usize;
        fits.then_some(module)
    }

    fn take(&mut self, payload: Payload<'a>) -> Option<()> {
        match payload {
            Payload::TypeSection(types) => {
                for group in types {
                    for ty in group.ok()?.into_types() {
                        self.types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => ty.params().to_vec(),
                            _ => return None,
                        });
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import.ok()?.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.functions.push(ty),
                        TypeRef::Global(_) => self.globals += 1,
                        TypeRef::Memory(_) => self.memories += 1,
                        TypeRef::Table(table) => self.tables.push(table.table64),
                        TypeRef::Tag(_) => {}
                    }
                }
                self.imported_functions = self.functions.len();
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty.ok()?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table.ok()?.ty.table64);
                }
            }
            Payload::MemorySection(memories) => {
                self.memories = self.memories.checked_add(memories.count())?;
            }
            Payload::GlobalSection(globals) => {
                let first = globals.clone().into_iter().filter_map(Result::ok).next();
                let is_stack = first.is_some_and(|global| global.ty.mutable);
                self.stack = is_stack.then_some(self.globals);
                self.globals = self.globals.checked_add(globals.count())?;
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionStart {
                unchecked_range, ..
            } => self.code = unchecked_range.start,
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.take_names(names);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn take_names(&mut self, names: wasmparser::NameSectionReader<'a>) {
        let functions = names.into_iter().filter_map(Result::ok);
        for subsection in functions {
            let Name::Function(names) = subsection else {
                continue;
            };
            for naming in names.into_iter().filter_map(Result::ok) {
                let place = match naming.name {
                    name if name.contains("panicking9panic_fmt")
                        || name.contains("panicking::panic_fmt") =>
                    {
                        PANIC_FMT
                    }
                    name if name.contains("rust_begin_unwind") => PANIC_HANDLER,
                    _ => continue,
                };
                self.panics.push((naming.index, place));
            }
        }
    }

    fn exports(&self, out: &mut Vec<u8>) -> u32 {
        let mut export = |name: &str, kind: u8, index: u32| {
            name.encode(out);
            out.push(kind);
            index.encode(out);
        };
        export(CALLS, 2, self.memories);
        export(DEPTH, 3, self.globals);
        let mut count = 2;
        if let Some(stack) = self.stack {
            export(STACK, 3, stack);
            count += 1;
        }
        if let Some(start) = self.start {
            export(START, 0, start);
            count += 1;
        }
        count
    }

    fn code(&self, wasm: &[u8], out: &mut Vec<u8>) -> Option<()> {
        u32::try_from(self.bodies.len()).ok()?.encode(out);
        let mut body = Vec::new();
        for (at, function) in self.bodies.iter().enumerate() {
            body.clear();
            let index = self.imported_functions + at;
            if *self.plain.get(index)? {
                let bytes = wasm.get(within(function.range())?)?;
                u32::try_from(bytes.len()).ok()?.encode(out);
                out.extend(bytes);
                continue;
            }
            let ty = *self.functions.get(index)?;
            let params = self.types.get(ty as usize)?;
            Rewriting {
                module: self,
                wasm,
                out: &mut body,
                own: 0,
            }
            .function(u32::try_from(index).ok()?, function, params)?;
            u32::try_from(body.len()).ok()?.encode(out);
            out.append(&mut body);
        }
        Some(())
    }
}

/// A function being rewritten.
struct Rewriting<'a, 'out> {
    module: &'a Module<'a>,
    wasm: &'a [u8],
    out: &'out mut Vec<u8>,
    /// The local with the address of the call's word; the next local is for temporary values.
    own: u32,
}

impl Rewriting<'_, '_> {
    fn function(&mut self, index: u32, body: &FunctionBody<'_>, params: &[ValType]) -> Option<()> {
        let mut locals = body.get_locals_reader().ok()?;
        let groups = locals.get_count();
        let start = locals.original_position();
        let mut count = u32::try_from(params.len()).ok()?;
        for _ in 0..groups {
            let (number, _) = locals.read().ok()?;
            count = count.checked_add(number)?;
        }
        self.own = count;
        groups.checked_add(1)?.encode(self.out);
        self.out
            .extend(self.wasm.get(within(start..locals.original_position())?)?);
        self.out.extend([2, 0x7f]);

        let mut operators = body.get_operators_reader().ok()?;
        let mut copied = operators.original_position();
        for &(function, place) in &self.module.panics {
            if function == index {
                self.keep_arguments(params, place);
            }
        }
        self.enter(self.offset(copied)?);
        while !operators.eof() {
            let at = operators.original_position();
            let operator = operators.read().ok()?;
            let site = self.offset(at)?;
            let mut flush = |rewriting: &mut Self, until: u64| {
                rewriting
                    .out
                    .extend(rewriting.wasm.get(within(copied..until)?)?);
                copied = until;
                Some(())
            };
            match operator {
                Operator::Call { function_index } => {
                    flush(self, at)?;
                    self.mark(site);
                    let plain = self.module.plain.get(function_index as usize);
                    if plain == Some(&false) {
                        flush(self, operators.original_position())?;
                        self.restore();
                    }
                }
                Operator::CallRef { .. } => {
                    flush(self, at)?;
                    self.mark(site);
                    flush(self, operators.original_position())?;
                    self.restore();
                }
                Operator::CallIndirect { table_index, .. } => {
                    flush(self, at)?;
                    self.keep_index(table_index);
                    self.mark(site);
                    flush(self, operators.original_position())?;
                    self.restore();
                }
                // The called function replaces this one.
                Operator::ReturnCall { .. } | Operator::ReturnCallRef { .. } => {
                    flush(self, at)?;
                    self.mark(site);
                    self.leave();
                }
                Operator::ReturnCallIndirect { table_index, .. } => {
                    flush(self, at)?;
                    self.keep_index(table_index);
                    self.mark(site);
                    self.leave();
                }
                operator if may_trap(&operator) => {
                    flush(self, at)?;
                    self.mark(site | TRAPS);
                }
                _ => {}
            }
        }
        self.out
            .extend(self.wasm.get(within(copied..body.range().end)?)?);
        Some(())
    }

    fn offset(&self, position: u64) -> Option<u32> {
        u32::try_from(position.checked_sub(self.module.code)?).ok()
    }

    fn put(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(self.out);
        }
    }

    fn enter(&mut self, site: u32) {
        let depth = self.module.globals;
        self.put(&[
            Instruction::GlobalGet(depth),
            Instruction::I32Const(4),
            Instruction::I32Add,
            Instruction::LocalTee(self.own),
            Instruction::GlobalSet(depth),
        ]);
        self.mark(site | ENTERED);
    }

    fn mark(&mut self, word: u32) {
        self.put(&[
            Instruction::LocalGet(self.own),
            Instruction::I32Const(word.cast_signed()),
            Instruction::I32Store(self.memory(0, 2)),
        ]);
    }

    fn restore(&mut self) {
        self.put(&[
            Instruction::LocalGet(self.own),
            Instruction::GlobalSet(self.module.globals),
        ]);
    }

    fn leave(&mut self) {
        self.put(&[
            Instruction::LocalGet(self.own),
            Instruction::I32Const(-4),
            Instruction::I32Add,
            Instruction::GlobalSet(self.module.globals),
        ]);
    }

    /// Stores the index on the stack: which function it means is looked up after a trap.
    fn keep_index(&mut self, table: u32) {
        if self.module.tables.get(table as usize) != Some(&false) {
            return;
        }
        let index = self.own + 1;
        self.put(&[
            Instruction::LocalSet(index),
            Instruction::I32Const(0),
            Instruction::LocalGet(index),
            Instruction::I32Store(self.memory(LAST_INDEX, 2)),
            Instruction::LocalGet(index),
        ]);
    }

    fn keep_arguments(&mut self, params: &[ValType], place: u32) {
        for (at, ty) in (0u32..).zip(params).take(PANIC_ARGUMENTS) {
            let offset = place + 8 * at;
            let store = match ty {
                ValType::I32 => Instruction::I32Store(self.memory(offset, 2)),
                ValType::I64 => Instruction::I64Store(self.memory(offset, 3)),
                _ => continue,
            };
            self.put(&[Instruction::I32Const(0), Instruction::LocalGet(at), store]);
        }
    }

    fn memory(&self, offset: u32, align: u32) -> MemArg {
        MemArg {
            offset: offset.into(),
            align,
            target: MemArgTarget::Memory(self.module.memories),
            ordering: None,
        }
    }
}

fn within(range: Range<u64>) -> Option<Range<usize>> {
    Some(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// Whether a function calls nothing and only loads and stores can trap.
pub(super) fn is_plain(body: &FunctionBody<'_>) -> Option<bool> {
    let mut operators = body.get_operators_reader().ok()?;
    while !operators.eof() {
        let operator = operators.read().ok()?;
        let calls = matches!(
            operator,
            Operator::Call { .. }
                | Operator::CallRef { .. }
                | Operator::CallIndirect { .. }
                | Operator::ReturnCall { .. }
                | Operator::ReturnCallRef { .. }
                | Operator::ReturnCallIndirect { .. }
        );
        if calls || may_trap(&operator) {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether an instruction is one of the rarer ones that can trap.
fn may_trap(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Unreachable
            | O::I32DivS
            | O::I32DivU
            | O::I32RemS
            | O::I32RemU
            | O::I64DivS
            | O::I64DivU
            | O::I64RemS
            | O::I64RemU
            | O::I32TruncF32S
            | O::I32TruncF32U
            | O::I32TruncF64S
            | O::I32TruncF64U
            | O::I64TruncF32S
            | O::I64TruncF32U
            | O::I64TruncF64S
            | O::I64TruncF64U
            | O::MemoryCopy { .. }
            | O::MemoryFill { .. }
            | O::MemoryInit { .. }
            | O::TableCopy { .. }
            | O::TableFill { .. }
            | O::TableInit { .. }
            | O::TableGet { .. }
            | O::TableSet { .. }
    )
}
