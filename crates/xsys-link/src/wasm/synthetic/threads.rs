//! Functions that fill memory when a module starts, and when a thread does.
//!
//! Every thread instantiates the module, but memory is filled once. So the segments of a shared
//! memory are passive, and the start function copies them under a flag behind the static data: 0
//! means untouched, 1 that a thread is at it, 2 that it is done. The thread that turns 0 into 1 does
//! the work; those that find 1 sleep until it is 2. Thread-local data are copied from their segment
//! for every thread (`__wasm_init_tls`), so that segment alone is never dropped.
//!
//! Spec: the threads proposal (atomic instructions), tool-conventions, `Linking.md`, "Thread local
//! storage"; the instructions and their order are wasm-ld's.

use xsys_diag::Diagnostic;

use crate::wasm::index::{Indexes, OwnGlobal};
use crate::wasm::leb;
use crate::wasm::layout::memory::{Memory, OutputSegment, Source};
use crate::wasm::ids::{SymbolKind, FunctionRef, SymbolId};
use crate::wasm::reloc::{self, Field, Value};

use crate::wasm::symbols::{LinkerSymbol, Resolved, SyntheticKind};
use crate::demangle::readable;

const BLOCK: u8 = 0x02;
const NO_RESULT: u8 = 0x40;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const BR_TABLE: u8 = 0x0e;
const CALL: u8 = 0x10;
const DROP: u8 = 0x1a;
const LOCAL_GET: u8 = 0x20;
const GLOBAL_GET: u8 = 0x23;
const GLOBAL_SET: u8 = 0x24;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const I32_STORE: u8 = 0x36;
const I64_STORE: u8 = 0x37;
const I32_ADD: u8 = 0x6a;
const I64_ADD: u8 = 0x7c;
const BULK: u8 = 0xfc;
const MEMORY_INIT: u8 = 0x08;
const DATA_DROP: u8 = 0x09;
const MEMORY_FILL: u8 = 0x0b;
const ATOMIC: u8 = 0xfe;
const NOTIFY: u8 = 0x00;
const WAIT32: u8 = 0x01;
const STORE32: u8 = 0x17;
const CMPXCHG32: u8 = 0x48;

/// States of the flag.
const UNTOUCHED: i32 = 0;
const BUSY: i32 = 1;
const READY: i32 = 2;

/// Instructions under construction.
struct Code<'c> {
    out: &'c mut Vec<u8>,
    is64: bool,
}

impl Code<'_> {
    fn number(&mut self, value: i32) {
        self.out.push(I32_CONST);
        leb::sleb(self.out, i64::from(value));
    }

    fn address(&mut self, value: u64) {
        pointer(self.out, value, self.is64);
    }

    fn index(&mut self, opcode: u8, number: u32) {
        self.out.push(opcode);
        leb::uleb(self.out, u64::from(number));
    }

    /// An atomic instruction on four aligned bytes.
    fn atomic(&mut self, opcode: u8) {
        self.out.extend([ATOMIC, opcode, 2, 0]);
    }

    /// Copies a whole passive segment to the address on the stack.
    fn memory_init(&mut self, number: u32, size: u64) {
        self.number(0);
        self.number(size as i32);
        self.out.extend([BULK, MEMORY_INIT]);
        leb::uleb(self.out, u64::from(number));
        self.out.push(0);
    }
}

/// Pushes a constant address.
pub(crate) fn pointer(out: &mut Vec<u8>, value: u64, is64: bool) {
    if is64 {
        out.push(I64_CONST);
        leb::sleb(out, value as i64);
    } else {
        out.push(I32_CONST);
        leb::sleb(out, i64::from(value as i32));
    }
}

/// The body of `__wasm_init_memory`, without its list of local variables.
pub(crate) fn init_memory(
    memory: &Memory<'_>,
    indexes: &Indexes<'_>,
    is64: bool,
    out: &mut Vec<u8>,
) {
    let mut code = Code { out, is64 };
    let flag = memory.init_flag;
    if let Some(flag) = flag {
        code.out
            .extend([BLOCK, NO_RESULT, BLOCK, NO_RESULT, BLOCK, NO_RESULT]);
        code.address(flag);
        code.number(UNTOUCHED);
        code.number(BUSY);
        code.atomic(CMPXCHG32);
        // The flag's old value says which block to leave.
        code.out.extend([BR_TABLE, 2, 0, 1, 2]);
        code.out.push(END);
    }
    let segments = || memory.segments.iter().enumerate();
    for (at, segment) in segments().filter(|(_, segment)| memory.fills(segment)) {
        code.address(segment.addr);
        if flag.is_some() && is_tls(segment) {
            // The first thread uses the segment's own place for its copy.
            code.address(segment.addr);
            if let Some(number) = indexes.linker_global(LinkerSymbol::TlsBase) {
                code.index(GLOBAL_SET, number);
            }
        }
        if segment.bss {
            code.number(0);
            code.address(segment.size);
            code.out.extend([BULK, MEMORY_FILL, 0]);
        } else {
            code.memory_init(at as u32, segment.size);
        }
    }
    if let Some(flag) = flag {
        code.address(flag);
        code.number(READY);
        code.atomic(STORE32);
        code.address(flag);
        code.number(-1);
        code.atomic(NOTIFY);
        code.out.extend([DROP, BR, 1, END]);
        code.address(flag);
        code.number(BUSY);
        code.out.push(I64_CONST);
        leb::sleb(code.out, -1);
        code.atomic(WAIT32);
        code.out.extend([DROP, END]);
        for (at, segment) in segments() {
            if !segment.bss && !is_tls(segment) {
                code.out.extend([BULK, DATA_DROP]);
                leb::uleb(code.out, at as u64);
            }
        }
    }
}

/// The body of `__wasm_init_tls`, without its list of local variables.
pub(crate) fn init_tls(
    resolved: &Resolved<'_>,
    memory: &Memory<'_>,
    indexes: &Indexes<'_>,
    is64: bool,
    out: &mut Vec<u8>,
) {
    let mut code = Code { out, is64 };
    let mut segments = memory.segments.iter().enumerate();
    if let Some((at, segment)) = segments.find(|(_, segment)| is_tls(segment)) {
        code.out.extend([LOCAL_GET, 0]);
        if let Some(number) = indexes.linker_global(LinkerSymbol::TlsBase) {
            code.index(GLOBAL_SET, number);
        }
        code.out.extend([LOCAL_GET, 0]);
        code.memory_init(at as u32, segment.size);
    }
    for kind in [SyntheticKind::ApplyTls, SyntheticKind::InitTlsGlobals] {
        let mut made = resolved.synthetic.iter();
        if let Some(at) = made.position(|function| function.kind == kind)
            && let Some(number) = indexes.body_number(FunctionRef::Synthetic(at as u32))
        {
            code.index(CALL, number);
        }
    }
}

/// The body that sets globals which hold addresses of thread-local data, without its list of local
/// variables.
pub(crate) fn init_tls_globals(
    resolved: &Resolved<'_>,
    memory: &Memory<'_>,
    indexes: &Indexes<'_>,
    is64: bool,
    out: &mut Vec<u8>,
) {
    let mut code = Code { out, is64 };
    for id in tls_globals(resolved, indexes) {
        let symbol = resolved.symbol(id);
        let (Some(base), Some(number)) = (
            indexes.linker_global(LinkerSymbol::TlsBase),
            indexes.global_number(id, symbol),
        ) else {
            continue;
        };
        code.index(GLOBAL_GET, base);
        code.address(memory.symbol_address(symbol, 0).unwrap_or(0));
        code.out.push(if is64 { I64_ADD } else { I32_ADD });
        code.index(GLOBAL_SET, number);
    }
}

/// The body of `__wasm_apply_tls_relocs`, without its list of local variables. As wasm-ld has it: addresses that are in
/// globals are stored once more, into the segment's own place.
pub(crate) fn apply_tls(
    resolved: &Resolved<'_>,
    memory: &Memory<'_>,
    indexes: &Indexes<'_>,
    is64: bool,
    out: &mut Vec<u8>,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut code = Code { out, is64 };
    let segments = memory.segments.iter().filter(|segment| is_tls(segment));
    for (segment, part) in segments.flat_map(|s| s.parts.iter().map(move |part| (s, part))) {
        let Source::Input(file, at) = part.source else {
            continue;
        };
        let input = &resolved.file(file).segments[at as usize];
        for entry in input.relocs.iter() {
            let id = resolved.file_symbol(file, entry.index);
            let symbol = resolved.symbol(id);
            let number = indexes.global_number(id, symbol);
            let Some(number) = number.filter(|_| symbol.kind != SymbolKind::Global) else {
                continue;
            };
            let row = reloc::row(entry.ty);
            if !matches!(row.value, Value::Address | Value::TableSlot) {
                problems.push(no_address(symbol.name, &resolved.file(file).name, row.name));
                continue;
            }
            let inside = u64::from(entry.offset) - u64::from(input.offset);
            code.address(segment.addr + part.offset + inside);
            code.index(GLOBAL_GET, number);
            let wide = row.field == Field::I64;
            if entry.addend != 0 {
                pointer(code.out, entry.addend as u64, wide);
                code.out.push(if wide { I64_ADD } else { I32_ADD });
            }
            code.out
                .extend([if wide { I64_STORE } else { I32_STORE }, 2, 0]);
        }
    }
    problems
}

/// Data want something else than an address of what has its address in a global.
pub(crate) fn no_address(name: &str, user: &str, relocation: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "data of `{user}` want more of `{}` than its address, which is known at run time",
        readable(name)
    ))
    .counterpart(format!(
        "invalid runtime relocation type in data section: {relocation}"
    ))
}

/// Thread-local variables whose addresses are in globals.
pub(crate) fn tls_globals<'i>(
    resolved: &'i Resolved<'_>,
    indexes: &'i Indexes<'_>,
) -> impl Iterator<Item = SymbolId> + 'i {
    indexes.globals.iter().filter_map(|global| match *global {
        OwnGlobal::AddressOf(id) => {
            let symbol = resolved.symbol(id);
            (symbol.kind == SymbolKind::Data && symbol.is_tls()).then_some(id)
        }
        _ => None,
    })
}

pub(crate) fn is_tls(segment: &OutputSegment<'_>) -> bool {
    segment.name == ".tdata"
}
