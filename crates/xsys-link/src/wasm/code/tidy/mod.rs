//! Cheaper structure: a block that is left by a conditional branch becomes an `if`.
//!
//! LLVM writes every forward jump as a branch out of a block around the code that is skipped: `block … condition
//! br_if 0 … end`. With an `if`, this is two to four bytes shorter, in particular if the condition ends with a
//! comparison that can be inverted:
//!
//! ```text
//! block                      a
//!   a                        b
//!   b                        i32.ne
//!   i32.eq          →        if
//!   br_if 0                    X
//!   X                        end
//! end
//! ```
//!
//! Likewise, `block block … br_if 0 X br 1 end Y end` becomes `if X else Y end`. Apart from jumps, the same
//! instructions are executed in the same order.
//!
//! The code before the branch moves out of the block, so it must not contain branches to the block's end: the
//! conditional branch has to be the first one. The code behind it must not use operands from before, so the operand
//! stack has to be as high at the branch as at the start of the block; therefore heights are tracked. A function with
//! unknown instructions (newer proposals, exceptions) stays as it is.
//!
//! This works on relocated bodies, after [`crate::wasm::relocate::shorten`], so that no relocation has to move.

mod operators;

use crate::wasm::leb;
use crate::wasm::object::Signature;
use operators::{Cursor, one_byte_type, skip_plain, skip_run};

const UNREACHABLE: u8 = 0x00;
const BLOCK: u8 = 0x02;
const LOOP: u8 = 0x03;
const IF: u8 = 0x04;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const BR_IF: u8 = 0x0d;
const BR_TABLE: u8 = 0x0e;
const RETURN: u8 = 0x0f;
const CALL: u8 = 0x10;
const CALL_INDIRECT: u8 = 0x11;
const RETURN_CALL: u8 = 0x12;
const RETURN_CALL_INDIRECT: u8 = 0x13;
const EMPTY: u8 = 0x40;
const I32_EQZ: u8 = 0x45;

/// A conditional branch out of the innermost block.
const LEAVE: [u8; 2] = [BR_IF, 0];

/// How many parameters and results functions and types have; `None` if unknown.
#[derive(Debug, Default)]
pub(crate) struct Arities {
    /// By function index.
    pub functions: Vec<Option<(u8, u8)>>,
    /// By type index.
    pub types: Vec<Option<(u8, u8)>>,
}

/// How many parameters and results a function type has.
pub(crate) fn arity(signature: Signature<'_>) -> Option<(u8, u8)> {
    let mut cursor = Cursor::new(signature);
    cursor.byte()?;
    let mut count = || {
        let count = cursor.number()?;
        for _ in 0..count {
            one_byte_type(cursor.byte()?)?;
        }
        u8::try_from(count).ok()
    };
    Some((count()?, count()?))
}

/// The label of the function itself.
const FUNCTION: u32 = u32::MAX;
const NONE: u32 = u32::MAX;

/// An instruction that is part of the structure.
#[derive(Clone, Copy)]
struct Event {
    opcode: u8,
    /// For a branch: whether the stack is as high as at the start of the innermost block.
    level: bool,
    /// For a branch: whether it is left out.
    left_out: bool,
    /// Its offset, and that of the next instruction.
    at: u32,
    next: u32,
    /// The block that it starts or ends, or whose label it branches to. For `br_table`, the position of its first
    /// label.
    block: u32,
}

/// A block, loop or `if`. The size is a power of two, because blocks are looked up often.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Block {
    opcode: u8,
    /// Whether it ends with an `else`.
    is_then: bool,
    /// The conditional branch that becomes an `if`, and the offset of the instruction before it.
    branch: u32,
    before: u32,
    /// The first branch to its label, and how many there are.
    first_use: u32,
    uses: u32,
    /// The block that becomes its `else`, or that contains it.
    partner: u32,
    /// The nesting depth in the output.
    depth: u32,
}

/// A block whose end has not been read yet.
struct Frame {
    /// The height of the operand stack below its parameters.
    height: i64,
    block: u32,
    parameters: u8,
    results: u8,
    /// Whether it has neither parameters nor results.
    empty: bool,
    /// Whether the code is unreachable here, so that the height is unknown.
    dead: bool,
}

/// The pass with its buffers, which are used again for every function.
#[derive(Default)]
pub(crate) struct Tidying {
    events: Vec<Event>,
    blocks: Vec<Block>,
    frames: Vec<Frame>,
    labels: Vec<u32>,
    out: Vec<u8>,
}

impl Tidying {
    /// A shorter body that does the same; both are without size fields. `None` if there is none.
    pub(crate) fn shorten(&mut self, body: &[u8], arities: &Arities) -> Option<&[u8]> {
        self.events.clear();
        self.blocks.clear();
        self.frames.clear();
        self.labels.clear();
        self.out.clear();
        u32::try_from(body.len()).ok()?;
        if !self.read(body, arities)? {
            return None;
        }
        self.write(body);
        (self.out.len() < body.len()).then_some(&self.out)
    }

    /// Reads the structure up to the last place that may change. Returns whether any block can become an `if`.
    fn read(&mut self, body: &[u8], arities: &Arities) -> Option<bool> {
        // Blocks behind the last such branch cannot change.
        let mut candidates = memchr::memrchr_iter(BR_IF, body);
        let Some(last_leave) = candidates.find(|&at| body[at..].starts_with(&LEAVE)) else {
            return Some(false);
        };
        let mut cursor = Cursor::new(body);
        for _ in 0..cursor.number()? {
            cursor.number()?;
            one_byte_type(cursor.byte()?)?;
        }
        let (mut height, mut dead) = (0i64, false);
        // How many blocks contain everything that changes; `None` if nothing does.
        let mut around: Option<usize> = None;
        let mut rest = body.get(cursor.at..)?;
        // The length of the previous instruction.
        let mut last = 0;
        loop {
            rest = skip_run(rest, &mut last, &mut height);
            let at = body.len() - rest.len();
            let &opcode = rest.first()?;
            cursor.at = at + 1;
            match opcode {
                CALL | RETURN_CALL => {
                    let (takes, gives) = (*arities.functions.get(cursor.number()? as usize)?)?;
                    height += i64::from(gives) - i64::from(takes);
                    dead |= opcode == RETURN_CALL;
                }
                CALL_INDIRECT | RETURN_CALL_INDIRECT => {
                    let (takes, gives) = (*arities.types.get(cursor.number()? as usize)?)?;
                    cursor.skip_number()?;
                    height += i64::from(gives) - i64::from(takes) - 1;
                    dead |= opcode == RETURN_CALL_INDIRECT;
                }
                UNREACHABLE | RETURN => dead = true,
                BLOCK | LOOP | IF => {
                    let (empty, takes, gives) = block_type(&mut cursor, arities)?;
                    let below = height - i64::from(takes) - i64::from(opcode == IF);
                    height = below + i64::from(takes);
                    let block = self.open(opcode);
                    self.frames.push(Frame {
                        height: below,
                        block,
                        parameters: takes,
                        results: gives,
                        empty,
                        dead,
                    });
                    self.push(opcode, at, cursor.at, block);
                }
                ELSE => {
                    let frame = self.frames.last()?;
                    (height, dead) = (frame.height + i64::from(frame.parameters), frame.dead);
                    let block = frame.block;
                    self.push(opcode, at, cursor.at, block);
                }
                END => {
                    let Some(frame) = self.frames.pop() else {
                        self.push(opcode, at, cursor.at, FUNCTION);
                        return cursor.is_done().then_some(around.is_some());
                    };
                    self.join(&frame, at);
                    self.push(opcode, at, cursor.at, frame.block);
                    (height, dead) = (frame.height + i64::from(frame.results), frame.dead);
                }
                BR | BR_IF => {
                    let label = cursor.number()?;
                    let block = self.target(label)?;
                    let conditional = opcode == BR_IF;
                    height -= i64::from(conditional);
                    let number = self.events.len() as u32;
                    let innermost = self.frames.last();
                    let level = innermost.is_some_and(|f| f.height == height && !dead);
                    if conditional && label == 0 && level && self.leaves_first(number, at - last) {
                        // The block that contains it may end with an `else`.
                        let outside = self.frames.len().saturating_sub(2);
                        around = Some(around.unwrap_or(outside).min(outside));
                    }
                    self.push_branch(opcode, level, at, cursor.at, block);
                    self.uses(block, number);
                    dead |= !conditional;
                }
                BR_TABLE => {
                    self.read_table(&mut cursor, at)?;
                    dead = true;
                }
                _ => height += i64::from(skip_plain(&mut cursor, opcode)?),
            }
            if at >= last_leave && around.is_none_or(|around| self.frames.len() <= around) {
                return Some(around.is_some());
            }
            last = cursor.at - at;
            rest = body.get(cursor.at..)?;
        }
    }

    fn read_table(&mut self, cursor: &mut Cursor<'_>, at: usize) -> Option<()> {
        let number = self.events.len() as u32;
        let first = self.labels.len() as u32;
        for _ in 0..=u64::from(cursor.number()?) {
            let label = cursor.number()?;
            let block = self.target(label)?;
            self.labels.push(block);
            self.uses(block, number);
        }
        self.push(BR_TABLE, at, cursor.at, first);
        Some(())
    }

    #[inline]
    fn push(&mut self, opcode: u8, at: usize, next: usize, block: u32) {
        self.push_branch(opcode, false, at, next, block);
    }

    #[inline]
    fn push_branch(&mut self, opcode: u8, level: bool, at: usize, next: usize, block: u32) {
        self.events.push(Event {
            opcode,
            level,
            left_out: false,
            at: at as u32,
            next: next as u32,
            block,
        });
    }

    fn open(&mut self, opcode: u8) -> u32 {
        self.blocks.push(Block {
            opcode,
            is_then: false,
            branch: NONE,
            before: 0,
            first_use: NONE,
            uses: 0,
            partner: NONE,
            depth: 0,
        });
        self.blocks.len() as u32 - 1
    }

    /// The block that a label refers to.
    fn target(&self, label: u32) -> Option<u32> {
        match self.frames.len().checked_sub(label as usize)? {
            0 => Some(FUNCTION),
            at => Some(self.frames[at - 1].block),
        }
    }

    fn uses(&mut self, block: u32, number: u32) {
        if let Some(block) = self.blocks.get_mut(block as usize) {
            block.first_use = block.first_use.min(number);
            block.uses += 1;
        }
    }

    /// Handles a conditional branch to the end of the innermost block, where the stack has the same height as at its
    /// start. Returns whether it is the first branch to that end.
    fn leaves_first(&mut self, number: u32, before: usize) -> bool {
        let Some(frame) = self.frames.last() else {
            return false;
        };
        let block = &mut self.blocks[frame.block as usize];
        let first = block.opcode == BLOCK && frame.empty && block.uses == 0;
        if first {
            (block.branch, block.before) = (number, before as u32);
        }
        first
    }

    /// Called at the end of `inner`, which is at `at`: decides whether it and the rest of the block that contains it
    /// become `then` and `else`.
    fn join(&mut self, inner: &Frame, at: usize) {
        let (Some(outer), Some(last)) = (self.frames.last(), self.events.last_mut()) else {
            return;
        };
        let jumps = last.opcode == BR
            && last.next as usize == at
            && last.block == outer.block
            && last.level;
        if !jumps {
            return;
        }
        let then = self.blocks[inner.block as usize];
        let block = self.blocks[outer.block as usize];
        let alone = then.branch != NONE && then.uses == 1;
        let suits = block.opcode == BLOCK
            && outer.empty
            && !outer.dead
            && outer.height == inner.height
            && block.branch == NONE
            && block.partner == NONE
            && block.first_use > then.branch;
        if alone && suits {
            self.blocks[outer.block as usize].partner = inner.block;
            self.blocks[inner.block as usize].partner = outer.block;
            self.blocks[inner.block as usize].is_then = true;
            // The branch to the end is left out.
            last.left_out = true;
        }
    }

    fn write(&mut self, body: &[u8]) {
        let Self {
            blocks,
            labels,
            out,
            ..
        } = self;
        let blocks = blocks.as_mut_slice();
        let (mut copied, mut depth) = (0, 0u32);
        for (number, event) in self.events.iter().enumerate() {
            let (at, next) = (event.at as usize, event.next as usize);
            match event.opcode {
                BLOCK | LOOP | IF => {
                    let block = &mut blocks[event.block as usize];
                    if block.branch != NONE || block.partner != NONE {
                        out.extend_from_slice(&body[copied..at]);
                        copied = next;
                    } else {
                        block.depth = depth;
                        depth += 1;
                    }
                }
                BR if event.left_out => {
                    out.extend_from_slice(&body[copied..at]);
                    copied = next;
                }
                BR_IF if becomes_if(blocks, event.block, number as u32) => {
                    let block = blocks[event.block as usize];
                    // An `else` uses the label of the block that contains this one.
                    let label = match block.is_then {
                        true => block.partner,
                        false => event.block,
                    };
                    blocks[label as usize].depth = depth;
                    depth += 1;
                    let before = block.before as usize;
                    let turned = match before >= copied && before + 1 == at {
                        true => inverse(body[before]),
                        false => None,
                    };
                    match turned {
                        Some(I32_EQZ) => {
                            out.extend_from_slice(&body[copied..before]);
                            out.extend_from_slice(&[IF, EMPTY]);
                        }
                        Some(test) => {
                            out.extend_from_slice(&body[copied..before]);
                            out.extend_from_slice(&[test, IF, EMPTY]);
                        }
                        None => {
                            out.extend_from_slice(&body[copied..at]);
                            out.extend_from_slice(&[I32_EQZ, IF, EMPTY]);
                        }
                    }
                    copied = next;
                }
                BR | BR_IF => {
                    let label = label(blocks, event.block, depth);
                    // Most labels are one byte and do not change.
                    if next != at + 2 || u32::from(body[at + 1]) != label {
                        out.extend_from_slice(&body[copied..at + 1]);
                        leb::uleb(out, u64::from(label));
                        copied = next;
                    }
                }
                BR_TABLE => {
                    out.extend_from_slice(&body[copied..at + 1]);
                    let mut cursor = Cursor::new(body);
                    cursor.at = at + 1;
                    let count = cursor.number().unwrap_or(0);
                    leb::uleb(out, u64::from(count));
                    let first = event.block as usize;
                    for &block in &labels[first..=first + count as usize] {
                        leb::uleb(out, u64::from(label(blocks, block, depth)));
                    }
                    copied = next;
                }
                END if event.block != FUNCTION => {
                    if blocks[event.block as usize].is_then {
                        out.extend_from_slice(&body[copied..at]);
                        out.push(ELSE);
                        copied = next;
                    } else {
                        depth -= 1;
                    }
                }
                _ => {}
            }
        }
        out.extend_from_slice(&body[copied..]);
    }
}

fn becomes_if(blocks: &[Block], block: u32, number: u32) -> bool {
    let block = blocks.get(block as usize);
    block.is_some_and(|block| block.branch == number)
}

/// The label of a block or of the function, at a nesting depth in the output.
fn label(blocks: &[Block], block: u32, depth: u32) -> u32 {
    match blocks.get(block as usize) {
        Some(block) => depth - 1 - block.depth,
        None => depth,
    }
}

fn block_type(cursor: &mut Cursor<'_>, arities: &Arities) -> Option<(bool, u8, u8)> {
    let at = cursor.at;
    let byte = cursor.byte()?;
    if byte == EMPTY {
        return Some((true, 0, 0));
    }
    if one_byte_type(byte).is_some() {
        return Some((false, 0, 1));
    }
    // Reference types with a type index take more bytes; positive numbers are indexes of function types.
    if matches!(byte, 0x40..=0x7f) {
        return None;
    }
    cursor.at = at;
    let (takes, gives) = (*arities.types.get(cursor.number()? as usize)?)?;
    Some((false, takes, gives))
}

/// The comparison that is true when `test` is false. For `i32.eqz`, the result means that the instruction is left
/// out: it inverts the condition before it.
fn inverse(test: u8) -> Option<u8> {
    Some(match test {
        I32_EQZ => I32_EQZ,
        // `eq` and `ne`, of integers and floats.
        0x46 | 0x51 | 0x5b | 0x61 => test + 1,
        0x47 | 0x52 | 0x5c | 0x62 => test - 1,
        // `lt` and `ge`, `gt` and `le`, signed and unsigned. Not of floats: with NaN, both are false.
        0x48 | 0x49 | 0x53 | 0x54 => test + 6,
        0x4e | 0x4f | 0x59 | 0x5a => test - 6,
        0x4a | 0x4b | 0x55 | 0x56 => test + 2,
        0x4c | 0x4d | 0x57 | 0x58 => test - 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
