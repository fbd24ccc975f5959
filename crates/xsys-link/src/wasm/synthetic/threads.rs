//! Functions that initialise memory when a module starts, and thread-local data when a thread starts.
//!
//! Every thread instantiates the module, but memory must only be initialised once. So the segments of a shared memory
//! are passive, and the start function copies them, guarded by a flag behind the static data: 0 means that nothing
//! has happened yet, 1 that a thread is copying, 2 that memory is ready. The thread that changes 0 to 1 copies;
//! threads that find 1 wait for 2. Thread-local data are copied for every thread (`__wasm_init_tls`), so only their
//! segment is not dropped afterwards.
//!
//! Spec: the threads proposal (atomic instructions), tool-conventions, `Linking.md`, "Thread local storage"; the
//! instructions and their order are wasm-ld's.

use super::code::{
    BLOCK, BR, BR_TABLE, BULK, CALL, CMPXCHG32, Code, DATA_DROP, DROP, END, GLOBAL_GET, GLOBAL_SET,
    I32_ADD, I64_ADD, I64_CONST, LOCAL_GET, MEMORY_FILL, NO_RESULT, NOTIFY, STORE32, WAIT32,
};
use crate::wasm::ids::{FunctionRef, SymbolId, SymbolKind};
use crate::wasm::index::{Indexes, OwnGlobal};
use crate::wasm::layout::memory::Memory;
use crate::wasm::leb;
use crate::wasm::symbols::{LinkerSymbol, Resolved, SyntheticKind};

/// Values of the flag.
const UNTOUCHED: i32 = 0;
const BUSY: i32 = 1;
const READY: i32 = 2;

/// The body of `__wasm_init_memory`, without its locals.
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
        // The old value of the flag decides which block the branch leaves.
        code.out.extend([BR_TABLE, 2, 0, 1, 2]);
        code.out.push(END);
    }
    let segments = || memory.segments.iter().enumerate();
    for (at, segment) in segments().filter(|(_, segment)| memory.fills(segment)) {
        code.address(segment.addr);
        if flag.is_some() && segment.is_tls() {
            // The first thread does not need a copy: it uses the segment's own address.
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
            if !segment.bss && !segment.is_tls() {
                code.out.extend([BULK, DATA_DROP]);
                leb::uleb(code.out, at as u64);
            }
        }
    }
}

/// The body of `__wasm_init_tls`, without its locals.
pub(crate) fn init_tls(
    resolved: &Resolved<'_>,
    memory: &Memory<'_>,
    indexes: &Indexes<'_>,
    is64: bool,
    out: &mut Vec<u8>,
) {
    let mut code = Code { out, is64 };
    let mut segments = memory.segments.iter().enumerate();
    if let Some((at, segment)) = segments.find(|(_, segment)| segment.is_tls()) {
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

/// The body of the function that sets globals with addresses of thread-local variables, without its locals.
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
        // An undefined variable is nowhere in any thread's memory: its address stays null.
        if symbol.is_undefined() {
            continue;
        }
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

/// The thread-local variables whose addresses globals contain.
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
