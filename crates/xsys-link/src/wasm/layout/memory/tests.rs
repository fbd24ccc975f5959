//! Where segments, stack and limits go.

use super::*;

#[test]
fn order_of_segments() {
    let mut names = [".bss", "custom", ".data.x", ".rodata", ".tdata", ".text"];
    names.sort_by_key(|name| rank(name));
    assert_eq!(
        names,
        [".tdata", ".rodata", ".data.x", "custom", ".text", ".bss"]
    );
}

fn assign(change: impl Fn(&mut WasmOptions)) -> (Memory<'static>, Vec<Diagnostic>) {
    let mut options = WasmOptions::default();
    change(&mut options);
    let mut memory = Memory {
        segments: vec![OutputSegment {
            name: ".data",
            addr: 0,
            size: 5,
            align: 3,
            zero: false,
            bss: false,
            parts: Vec::new(),
        }],
        has_heap: true,
        ..Memory::default()
    };
    let problems = memory.assign(&options);
    (memory, problems)
}

#[test]
fn stack_first_or_last() {
    let (memory, problems) = assign(|_| {});
    assert!(problems.is_empty());
    assert_eq!(memory.segments[0].addr, 65536);
    assert_eq!(memory.marks.heap_base, 65552);
    assert_eq!((memory.pages, memory.max_pages), (2, None));
    let (memory, problems) = assign(|options| options.memory.stack_first = false);
    assert!(problems.is_empty());
    assert_eq!(memory.segments[0].addr, 1024);
    assert_eq!(memory.marks.data_end, 1029);
    assert_eq!(memory.marks.stack_low, 1040);
    assert_eq!(memory.stack_pointer(), 1040 + 65536);
}

#[test]
fn limits() {
    for (change, expected) in [
        (
            (|options| options.memory.stack_size = 17) as fn(&mut WasmOptions),
            "stack size 17 is not a multiple of 16",
        ),
        (
            |options| options.memory.initial = 65536,
            "initial memory too small: 65536 bytes, 65552 needed",
        ),
        (
            |options| options.memory.max = 65536,
            "maximum memory too small: 65536 bytes, 131072 needed",
        ),
        (
            |options| options.memory.global_base = Some(16),
            "data would start at 0x10, in the stack",
        ),
        (
            |options| options.memory.stack_size = 1 << 33,
            "stack and data of 0x200010000 bytes over the address space",
        ),
    ] {
        let (_, problems) = assign(change);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].message, expected);
    }
}
