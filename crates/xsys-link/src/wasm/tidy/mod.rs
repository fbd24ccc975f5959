//! Cheaper structure: blocks that are left by their first branch become `if`s.
//!
//! LLVM writes every forward jump as a block around the code that is jumped over, and a branch out
//! of it: `block … condition br_if 0 … end`. The same with an `if` is shorter by two to four bytes,
//! most of all where the condition ends with a test that can be turned round:
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
//! Likewise `block block … br_if 0 X br 1 end Y end` becomes `if X else Y end`. Nothing else
//! changes: what is executed, in which order, is the same but for the jumps.
//!
//! Code before the branch moves out of the block, so it must not jump to its end: the branch has to be
//! the first one to it. The code behind must not use operands of before, so the stack has to be as
//! high at the branch as at the block's start; that is why heights are followed. What is not
//! understood (instructions of newer proposals, exceptions) leaves a function as it is.
//!
//! The pass works on finished bodies, behind [`super::shorten`], so no relocation has to move.

mod operators;

use super::leb;
use super::object::Signature;
use operators::{Cursor, one_byte_type, plain_at, skip_plain};

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

/// How many values functions and types take and give; `None` where that is not known.
#[derive(Debug, Default)]
pub struct Arities {
    /// By the number of a function, imports first.
    pub functions: Vec<Option<(u8, u8)>>,
    /// By the number of a type.
    pub types: Vec<Option<(u8, u8)>>,
}

/// How many values a function takes and gives.
pub fn arity(signature: Signature<'_>) -> Option<(u8, u8)> {
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

/// An instruction that has to do with structure.
#[derive(Clone, Copy)]
struct Event {
    opcode: u8,
    /// Where it starts and where the next one does.
    at: u32,
    next: u32,
    /// Where the instruction before it starts.
    before: u32,
    /// Of a branch or `end`: the event that opens what it leaves. Of a table: its first label.
    target: u32,
    /// Of what opens a block: the conditional branch that becomes an `if`. Of a branch: set when it
    /// is left out.
    branch: u32,
    /// Of what opens a block: the first branch to it, and how many there are.
    first_use: u32,
    uses: u32,
    /// Of what opens a block: the block inside of which it is the rest, or the block around it.
    partner: u32,
    /// Of what opens a block: its end is an `else`.
    is_then: bool,
    /// Of a branch: the stack is as high as at the start of the innermost block.
    level: bool,
    /// Of what opens a block: how many are around it, once it is written.
    depth: u32,
}

/// A block that is open.
struct Frame {
    event: u32,
    /// The stack's height below its parameters.
    height: i64,
    parameters: i64,
    results: i64,
    /// It has neither parameters nor results.
    empty: bool,
    /// It cannot be reached, so heights mean nothing.
    dead: bool,
}

/// Room that is used again for every function.
#[derive(Default)]
pub struct Tidying {
    events: Vec<Event>,
    frames: Vec<Frame>,
    labels: Vec<u32>,
    out: Vec<u8>,
}

impl Tidying {
    /// A shorter body, without size fields, that does the same. `None` where there is none.
    pub fn shorten(&mut self, body: &[u8], arities: &Arities) -> Option<&[u8]> {
        self.events.clear();
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

    /// Lists the events. `true` where some block can become an `if`.
    fn read(&mut self, body: &[u8], arities: &Arities) -> Option<bool> {
        let mut cursor = Cursor::new(body);
        for _ in 0..cursor.number()? {
            cursor.number()?;
            one_byte_type(cursor.byte()?)?;
        }
        let (mut height, mut dead, mut found) = (0i64, false, false);
        let mut before = cursor.at as u32;
        loop {
            let at = cursor.at as u32;
            if let Some((next, change)) = plain_at(body, cursor.at) {
                cursor.at = next;
                height += i64::from(change);
                before = at;
                continue;
            }
            let opcode = cursor.byte()?;
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
                    height -= takes + i64::from(opcode == IF);
                    self.frames.push(Frame {
                        event: self.events.len() as u32,
                        height,
                        parameters: takes,
                        results: gives,
                        empty,
                        dead,
                    });
                    height += takes;
                    self.push(opcode, at, cursor.at, before, NONE);
                }
                ELSE => {
                    let frame = self.frames.last()?;
                    (height, dead) = (frame.height + frame.parameters, frame.dead);
                    let target = frame.event;
                    self.push(opcode, at, cursor.at, before, target);
                }
                END => {
                    let Some(frame) = self.frames.pop() else {
                        self.push(opcode, at, cursor.at, before, FUNCTION);
                        return cursor.is_done().then_some(found);
                    };
                    self.join(&frame, at);
                    self.push(opcode, at, cursor.at, before, frame.event);
                    (height, dead) = (frame.height + frame.results, frame.dead);
                }
                BR | BR_IF => {
                    let label = cursor.number()?;
                    let target = self.target(label)?;
                    height -= i64::from(opcode == BR_IF);
                    let number = self.events.len() as u32;
                    let level = self
                        .frames
                        .last()
                        .is_some_and(|f| f.height == height && !dead);
                    if opcode == BR_IF && label == 0 && level {
                        found |= self.leaves_first(number);
                    }
                    self.push(opcode, at, cursor.at, before, target);
                    self.events[number as usize].level = level;
                    self.uses(target, number);
                    dead |= opcode == BR;
                }
                BR_TABLE => {
                    let number = self.events.len() as u32;
                    let first = self.labels.len() as u32;
                    for _ in 0..=u64::from(cursor.number()?) {
                        let label = cursor.number()?;
                        let target = self.target(label)?;
                        self.labels.push(target);
                        self.uses(target, number);
                    }
                    self.push(opcode, at, cursor.at, before, first);
                    dead = true;
                }
                _ => height += i64::from(skip_plain(&mut cursor, opcode)?),
            }
            before = at;
        }
    }

    fn push(&mut self, opcode: u8, at: u32, next: usize, before: u32, target: u32) {
        self.events.push(Event {
            opcode,
            at,
            next: next as u32,
            before,
            target,
            branch: NONE,
            first_use: NONE,
            uses: 0,
            partner: NONE,
            is_then: false,
            level: false,
            depth: 0,
        });
    }

    /// The event that opens what a label stands for.
    fn target(&self, label: u32) -> Option<u32> {
        match self.frames.len().checked_sub(label as usize)? {
            0 => Some(FUNCTION),
            at => Some(self.frames[at - 1].event),
        }
    }

    fn uses(&mut self, target: u32, number: u32) {
        if let Some(opener) = self.events.get_mut(target as usize) {
            opener.first_use = opener.first_use.min(number);
            opener.uses += 1;
        }
    }

    /// A conditional branch to the end of the innermost block, at that block's height. Whether it is
    /// the first one.
    fn leaves_first(&mut self, number: u32) -> bool {
        let Some(frame) = self.frames.last() else {
            return false;
        };
        let opener = &mut self.events[frame.event as usize];
        let first = opener.opcode == BLOCK && frame.empty && opener.uses == 0;
        if first {
            opener.branch = number;
        }
        first
    }

    /// At the end of `inner`, which is at `at`: finds out whether it and the rest of the block
    /// around it are `then` and `else`.
    fn join(&mut self, inner: &Frame, at: u32) {
        let (Some(outer), Some(last)) = (self.frames.last(), self.events.last()) else {
            return;
        };
        let then = self.events[inner.event as usize];
        let block = self.events[outer.event as usize];
        let jumps =
            last.opcode == BR && last.next == at && last.target == outer.event && last.level;
        let alone = then.branch != NONE && then.uses == 1;
        let suits = block.opcode == BLOCK
            && outer.empty
            && !outer.dead
            && outer.height == inner.height
            && block.branch == NONE
            && block.partner == NONE
            && block.first_use > then.branch;
        if jumps && alone && suits {
            let outer = outer.event;
            self.events[outer as usize].partner = inner.event;
            self.events[inner.event as usize].partner = outer;
            self.events[inner.event as usize].is_then = true;
            // The jump to the end is not written.
            if let Some(last) = self.events.last_mut() {
                last.branch = inner.event;
            }
        }
    }

    fn write(&mut self, body: &[u8]) {
        let (mut copied, mut depth) = (0, 0u32);
        for number in 0..self.events.len() {
            let event = self.events[number];
            let (at, next) = (event.at as usize, event.next as usize);
            match event.opcode {
                BLOCK | LOOP | IF => {
                    if event.branch != NONE || event.partner != NONE {
                        self.out.extend_from_slice(&body[copied..at]);
                        copied = next;
                    } else {
                        self.events[number].depth = depth;
                        depth += 1;
                    }
                }
                BR | BR_IF if self.becomes_if(number as u32) => {
                    let opener = self.events[event.target as usize];
                    // An `else` makes the label of the block around this one.
                    let label = match opener.is_then {
                        true => opener.partner,
                        false => event.target,
                    };
                    self.events[label as usize].depth = depth;
                    depth += 1;
                    let before = event.before as usize;
                    let test = body[before];
                    if before >= copied && before + 1 == at && inverse(test).is_some() {
                        self.out.extend_from_slice(&body[copied..before]);
                        self.out
                            .extend(inverse(test).filter(|&test| test != I32_EQZ));
                    } else {
                        self.out.extend_from_slice(&body[copied..at]);
                        self.out.push(I32_EQZ);
                    }
                    self.out.extend([IF, EMPTY]);
                    copied = next;
                }
                BR if event.branch != NONE => {
                    self.out.extend_from_slice(&body[copied..at]);
                    copied = next;
                }
                BR | BR_IF => {
                    self.out.extend_from_slice(&body[copied..at + 1]);
                    let label = self.label(event.target, depth);
                    leb::uleb(&mut self.out, u64::from(label));
                    copied = next;
                }
                BR_TABLE => {
                    self.out.extend_from_slice(&body[copied..at + 1]);
                    let mut cursor = Cursor::new(body);
                    cursor.at = at + 1;
                    let count = cursor.number().unwrap_or(0);
                    leb::uleb(&mut self.out, u64::from(count));
                    for label in event.target..=event.target + count {
                        let target = self.labels[label as usize];
                        let label = self.label(target, depth);
                        leb::uleb(&mut self.out, u64::from(label));
                    }
                    copied = next;
                }
                END if event.target != FUNCTION => {
                    if self.events[event.target as usize].is_then {
                        self.out.extend_from_slice(&body[copied..at]);
                        self.out.push(ELSE);
                        copied = next;
                    } else {
                        depth -= 1;
                    }
                }
                _ => {}
            }
        }
        self.out.extend_from_slice(&body[copied..]);
    }

    fn becomes_if(&self, number: u32) -> bool {
        let target = self.events[number as usize].target;
        let opener = self.events.get(target as usize);
        opener.is_some_and(|opener| opener.branch == number)
    }

    fn label(&self, target: u32, depth: u32) -> u32 {
        match self.events.get(target as usize) {
            Some(opener) => depth - 1 - opener.depth,
            None => depth,
        }
    }
}

fn block_type(cursor: &mut Cursor<'_>, arities: &Arities) -> Option<(bool, i64, i64)> {
    let at = cursor.at;
    let byte = cursor.byte()?;
    if byte == EMPTY {
        return Some((true, 0, 0));
    }
    if one_byte_type(byte).is_some() {
        return Some((false, 0, 1));
    }
    // References to types take more bytes; the rest are numbers of function types.
    if matches!(byte, 0x40..=0x7f) {
        return None;
    }
    cursor.at = at;
    let (takes, gives) = (*arities.types.get(cursor.number()? as usize)?)?;
    Some((false, i64::from(takes), i64::from(gives)))
}

/// The test that is true when `test` is false. `i32.eqz` stands for leaving out the test: it is
/// its own inverse followed by another one.
fn inverse(test: u8) -> Option<u8> {
    Some(match test {
        I32_EQZ => I32_EQZ,
        // Equal and not equal, of integers and floats.
        0x46 | 0x51 | 0x5b | 0x61 => test + 1,
        0x47 | 0x52 | 0x5c | 0x62 => test - 1,
        // Less and greater or equal, signed and not; greater and less or equal. Not of floats, where
        // neither may hold.
        0x48 | 0x49 | 0x53 | 0x54 => test + 6,
        0x4e | 0x4f | 0x59 | 0x5a => test - 6,
        0x4a | 0x4b | 0x55 | 0x56 => test + 2,
        0x4c | 0x4d | 0x57 | 0x58 => test - 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
