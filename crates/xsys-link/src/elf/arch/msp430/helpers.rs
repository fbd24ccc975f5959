//! Compiler helpers that MSP430 code calls.
//!
//! Problem: the processor neither multiplies nor divides, and LLVM calls the functions that the
//! "MSP430 Embedded Application Binary Interface" (SLAA534, "Helper Function API") names.
//! compiler_builtins has none of them. Those for 32-bit divisions and for `f32` are functions of
//! compiler_builtins under another name; products, 16-bit divisions and 32-bit shifts are here. What
//! takes 64 bits has a calling convention of its own and is missing.
//!
//! All are weak and in sections of their own: those of another library are preferred, and helpers that
//! are not called are left out. R11 to R15 may be changed. Encodings: family user's guide (SLAU144).

use object::elf;

use super::rules::r;
use crate::elf::arch::small_object::{Code, ObjectKind, write};

/// Format I with two registers; format II with one.
#[rustfmt::skip]
mod op {
    pub(super) const MOV: u16 = 0x4000;
    pub(super) const ADD: u16 = 0x5000;
    pub(super) const ADDC: u16 = 0x6000;
    pub(super) const SUB: u16 = 0x8000;
    pub(super) const CMP: u16 = 0x9000;
    pub(super) const XOR: u16 = 0xe000;
    pub(super) const RRC: u16 = 0x1000;
    pub(super) const RRA: u16 = 0x1100;
    // With a constant as the source.
    pub(super) const CLEAR: u16 = 0x4300;
    pub(super) const INCREMENT: u16 = 0x5310;
    pub(super) const DECREMENT: u16 = 0x8310;
    pub(super) const TEST: u16 = 0x9300;
    pub(super) const SET_BIT_0: u16 = 0xd310;
    pub(super) const INVERT: u16 = 0xe330;
    pub(super) const SIZE_16: u16 = 0x4030;
    pub(super) const CLEAR_CARRY: u16 = 0xc312;
    // Branches.
    pub(super) const JNE: u16 = 0x2000;
    pub(super) const JEQ: u16 = 0x2400;
    pub(super) const JNC: u16 = 0x2800;
    pub(super) const JC: u16 = 0x2c00;
    pub(super) const JGE: u16 = 0x3400;
    pub(super) const PUSH: u16 = 0x1200;
    pub(super) const POP: u16 = 0x4130;
    pub(super) const RET: u16 = 0x4130;
    pub(super) const BR: u16 = 0x4030;
    pub(super) const CALL: u16 = 0x12b0;
}

/// Functions of compiler_builtins with the same arguments and results.
const RENAMED: &[(&str, &str)] = &[
    ("__mspabi_divli", "__divsi3"),
    ("__mspabi_divul", "__udivsi3"),
    ("__mspabi_remli", "__modsi3"),
    ("__mspabi_remul", "__umodsi3"),
    ("__mspabi_addf", "__addsf3"),
    ("__mspabi_subf", "__subsf3"),
    ("__mspabi_mpyf", "__mulsf3"),
    ("__mspabi_divf", "__divsf3"),
    ("__mspabi_fixfli", "__fixsfsi"),
    ("__mspabi_fixful", "__fixunssfsi"),
    ("__mspabi_fltlif", "__floatsisf"),
    ("__mspabi_fltulf", "__floatunsisf"),
];

/// The 16-bit division that the others share.
const DIVIDE: &str = "__xsys_udivmodhi";

/// An object with all helpers, each in a section named after it.
pub(super) fn object() -> Vec<u8> {
    let mut functions: Vec<Code> = Vec::new();
    let mut add = |name: &str, build: &dyn Fn(&mut Code)| {
        let mut code = Code::new(format!(".text.{name}"));
        build(&mut code);
        functions.push(code);
    };
    for &(name, own) in RENAMED {
        add(name, &|code| go(code, op::BR, own));
    }
    add("__mspabi_mpyi", &multiply_16);
    add("__mspabi_mpyl", &multiply_32);
    add(DIVIDE, &divide);
    add("__mspabi_divu", &|code| go(code, op::BR, DIVIDE));
    add("__mspabi_remu", &|code| {
        go(code, op::CALL, DIVIDE);
        code.word(two(op::MOV, 14, 12));
        code.word(op::RET);
    });
    add("__mspabi_divi", &|code| signed(code, 13, 12));
    add("__mspabi_remi", &|code| signed(code, 12, 14));
    for (name, count, steps) in [
        ("__mspabi_slli", 13, &[two(op::ADD, 12, 12)][..]),
        ("__mspabi_srai", 13, &[op::RRA | 12]),
        ("__mspabi_srli", 13, &[op::CLEAR_CARRY, op::RRC | 12]),
        (
            "__mspabi_slll",
            14,
            &[two(op::ADD, 12, 12), two(op::ADDC, 13, 13)],
        ),
        ("__mspabi_sral", 14, &[op::RRA | 13, op::RRC | 12]),
        (
            "__mspabi_srll",
            14,
            &[op::CLEAR_CARRY, op::RRC | 13, op::RRC | 12],
        ),
    ] {
        add(name, &|code| shift(code, count, steps));
    }
    let defined: Vec<_> = functions
        .iter()
        .enumerate()
        .map(|(index, code)| {
            let name = code.name.trim_start_matches(".text.").to_owned();
            (name, index, 0, elf::STB_WEAK)
        })
        .collect();
    // LLVM's objects have no device family in their flags, and these fit all families.
    write(
        ObjectKind {
            machine: elf::EM_MSP430.0,
            e_flags: 0,
        },
        &functions,
        &defined,
    )
}

/// An instruction of format I.
const fn two(op: u16, from: u16, to: u16) -> u16 {
    op | from << 8 | to
}

fn go(code: &mut Code, op: u16, symbol: &str) {
    code.word(op);
    code.reloc(r::BYTE_16, symbol);
    code.word(0);
}

/// A jump back to an offset; distances count from the next instruction.
fn back(code: &mut Code, op: u16, to: u32) {
    let words = (to as i32 - code.here() as i32 - 2) / 2;
    code.word(op | words as u16 & 0x3ff);
}

/// A jump over the code that `body` writes.
fn over(code: &mut Code, op: u16, body: impl FnOnce(&mut Code)) {
    let at = code.here();
    code.word(op);
    body(code);
    let words = (code.here() - at - 2) / 2;
    code.patch(at, op | words as u16);
}

/// R12 ← R12 · R13
fn multiply_16(code: &mut Code) {
    code.word(two(op::MOV, 12, 14));
    code.word(op::CLEAR | 12);
    let next = code.here();
    code.word(op::CLEAR_CARRY);
    code.word(op::RRC | 13);
    over(code, op::JNC, |code| code.word(two(op::ADD, 14, 12)));
    code.word(two(op::ADD, 14, 14));
    code.word(op::TEST | 13);
    back(code, op::JNE, next);
    code.word(op::RET);
}

/// R13:R12 ← R13:R12 · R15:R14
fn multiply_32(code: &mut Code) {
    code.word(op::PUSH | 10);
    code.word(op::CLEAR | 10);
    code.word(op::CLEAR | 11);
    let next = code.here();
    code.word(op::CLEAR_CARRY);
    code.word(op::RRC | 15);
    code.word(op::RRC | 14);
    over(code, op::JNC, |code| {
        code.word(two(op::ADD, 12, 10));
        code.word(two(op::ADDC, 13, 11));
    });
    code.word(two(op::ADD, 12, 12));
    code.word(two(op::ADDC, 13, 13));
    code.word(op::TEST | 14);
    back(code, op::JNE, next);
    code.word(op::TEST | 15);
    back(code, op::JNE, next);
    code.word(two(op::MOV, 10, 12));
    code.word(two(op::MOV, 11, 13));
    code.word(op::POP | 10);
    code.word(op::RET);
}

/// R12, R14 ← R12 / R13, R12 % R13; R11 and R13 stay. A remainder that has outgrown 16 bits is
/// larger than any divisor.
fn divide(code: &mut Code) {
    code.word(op::CLEAR | 14);
    code.word(op::SIZE_16 | 15);
    code.word(16);
    let next = code.here();
    code.word(two(op::ADD, 12, 12));
    code.word(two(op::ADDC, 14, 14));
    over(code, op::JC, |code| {
        code.word(two(op::CMP, 13, 14));
        // Over the two instructions that follow.
        code.word(op::JNC | 2);
    });
    code.word(two(op::SUB, 13, 14));
    code.word(op::SET_BIT_0 | 12);
    code.word(op::DECREMENT | 15);
    back(code, op::JNE, next);
    code.word(op::RET);
}

/// A signed division. The sign of the `result` is that of R12 xor that of the register `sign`, which is
/// R12 itself for a remainder.
fn signed(code: &mut Code, sign: u16, result: u16) {
    code.word(two(op::MOV, 12, 11));
    if sign != 12 {
        code.word(two(op::XOR, sign, 11));
    }
    for number in [12, 13] {
        absolute(code, number, number);
    }
    go(code, op::CALL, DIVIDE);
    absolute(code, 11, result);
    if result != 12 {
        code.word(two(op::MOV, result, 12));
    }
    code.word(op::RET);
}

/// Negates a register where another one is negative.
fn absolute(code: &mut Code, sign: u16, register: u16) {
    code.word(op::TEST | sign);
    over(code, op::JGE, |code| {
        code.word(op::INVERT | register);
        code.word(op::INCREMENT | register);
    });
}

/// Repeats `steps` as often as the register `count` says, perhaps not at all.
fn shift(code: &mut Code, count: u16, steps: &[u16]) {
    code.word(op::TEST | count);
    over(code, op::JEQ, |code| {
        let next = code.here();
        steps.iter().for_each(|&step| code.word(step));
        code.word(op::DECREMENT | count);
        back(code, op::JNE, next);
    });
    code.word(op::RET);
}

#[cfg(test)]
mod tests {
    use object::{Object as _, ObjectSection as _};

    use super::*;

    /// A core that knows the instructions above; calls go to [`DIVIDE`].
    #[derive(Default)]
    struct Machine {
        registers: [u16; 16],
        carry: bool,
        zero: bool,
        /// N xor V, which is what JGE asks for.
        less: bool,
        stack: Vec<u16>,
    }

    impl Machine {
        fn run(&mut self, code: &[u16], divide: &[u16]) {
            let mut pc = 0;
            for _ in 0..1000 {
                let insn = code[pc];
                pc += 1;
                let (from, to) = (usize::from(insn >> 8 & 0xf), usize::from(insn & 0xf));
                if insn == op::RET {
                    return;
                } else if insn == op::BR {
                    return self.run(divide, divide);
                } else if insn == op::CALL {
                    self.run(divide, divide);
                    pc += 1;
                } else if insn & 0xe000 == 0x2000 {
                    let taken = match insn & 0xfc00 {
                        op::JNE => !self.zero,
                        op::JEQ => self.zero,
                        op::JNC => !self.carry,
                        op::JC => self.carry,
                        op::JGE => !self.less,
                        _ => panic!("{insn:#06x}"),
                    };
                    if taken {
                        let words = ((insn << 6) as i16) >> 6;
                        pc = pc.wrapping_add_signed(words.into());
                    }
                } else if insn == op::CLEAR_CARRY {
                    self.carry = false;
                } else if insn & 0xff80 == op::RRC || insn & 0xff80 == op::RRA {
                    let old = self.registers[to];
                    let high = match insn & 0xff80 {
                        op::RRC => u16::from(self.carry) << 15,
                        _ => old & 0x8000,
                    };
                    self.carry = old & 1 != 0;
                    self.set(to, old >> 1 | high);
                } else if insn & 0xfff0 == op::PUSH {
                    self.stack.push(self.registers[to]);
                } else if insn & 0xfff0 == op::POP {
                    self.registers[to] = self.stack.pop().unwrap();
                } else {
                    let source = match (from, insn & 0x30) {
                        (3, 0x00) => 0,
                        (3, 0x10) => 1,
                        (3, 0x30) => 0xffff,
                        (0, 0x30) => {
                            pc += 1;
                            code[pc - 1]
                        }
                        (_, 0) => self.registers[from],
                        _ => panic!("{insn:#06x}"),
                    };
                    self.calculate(insn & 0xf000, source, to);
                }
            }
            panic!("it does not return");
        }

        fn calculate(&mut self, op: u16, source: u16, to: usize) {
            let old = self.registers[to];
            let (term, carry) = match op {
                op::MOV => return self.registers[to] = source,
                op::XOR => return self.set(to, old ^ source),
                // BIS
                0xd000 => return self.registers[to] = old | source,
                op::ADD => (source, false),
                op::ADDC => (source, self.carry),
                op::SUB | op::CMP => (!source, true),
                _ => panic!("{op:#06x}"),
            };
            let sum = u32::from(old) + u32::from(term) + u32::from(carry);
            let result = sum as u16;
            self.carry = sum > 0xffff;
            let overflow = (old ^ result) & (term ^ result) & 0x8000 != 0;
            if op == op::CMP {
                self.zero = result == 0;
            } else {
                self.set(to, result);
            }
            self.less = (result >= 0x8000) != overflow;
        }

        fn set(&mut self, register: usize, value: u16) {
            self.registers[register] = value;
            self.zero = value == 0;
            self.less = value >= 0x8000;
        }
    }

    fn code(name: &str) -> Vec<u16> {
        let bytes = object();
        let file = object::File::parse(&*bytes).unwrap();
        let section = file.section_by_name(&format!(".text.{name}")).unwrap();
        let data = section.data().unwrap();
        data.chunks_exact(2)
            .map(|w| u16::from_le_bytes([w[0], w[1]]))
            .collect()
    }

    /// R12 to R15 before, R13:R12 after.
    fn run(name: &str, before: [u16; 4]) -> u32 {
        let mut machine = Machine::default();
        machine.registers.fill(0xa5a5);
        machine.registers[12..].copy_from_slice(&before);
        machine.run(&code(name), &code(DIVIDE));
        assert!(machine.stack.is_empty());
        assert!(
            machine.registers[4..11].iter().all(|&r| r == 0xa5a5),
            "{name}"
        );
        u32::from(machine.registers[13]) << 16 | u32::from(machine.registers[12])
    }

    const VALUES: [u32; 16] = [
        0,
        1,
        2,
        7,
        10,
        0x7f,
        0xff,
        0x1234,
        0x7fff,
        0x8000,
        0xffff,
        0x1_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xdead_beef,
        u32::MAX,
    ];

    #[test]
    fn products_and_quotients() {
        let halves = |n: u32| [n as u16, (n >> 16) as u16];
        for x in VALUES {
            for y in VALUES {
                let ([a, b], [c, d]) = (halves(x), halves(y));
                assert_eq!(
                    run("__mspabi_mpyl", [a, b, c, d]),
                    x.wrapping_mul(y),
                    "{x} {y}"
                );
                let short = |name| run(name, [a, c, 0x5555, 0x5555]) as u16;
                assert_eq!(short("__mspabi_mpyi"), a.wrapping_mul(c), "{a} * {c}");
                if let (Some(quotient), Some(rest)) = (a.checked_div(c), a.checked_rem(c)) {
                    assert_eq!(short("__mspabi_divu"), quotient, "{a} / {c}");
                    assert_eq!(short("__mspabi_remu"), rest, "{a} % {c}");
                    let (i, j) = (a as i16, c as i16);
                    assert_eq!(
                        short("__mspabi_divi") as i16,
                        i.wrapping_div(j),
                        "{i} / {j}"
                    );
                    assert_eq!(
                        short("__mspabi_remi") as i16,
                        i.wrapping_rem(j),
                        "{i} % {j}"
                    );
                }
            }
        }
    }

    #[test]
    fn shifts() {
        for x in VALUES {
            let (low, high) = (x as u16, (x >> 16) as u16);
            for n in [0u16, 1, 8, 15] {
                let short = |name| run(name, [low, n, 0, 0]) as u16;
                assert_eq!(short("__mspabi_slli"), low << n);
                assert_eq!(short("__mspabi_srli"), low >> n);
                assert_eq!(short("__mspabi_srai") as i16, low as i16 >> n);
            }
            for n in [0u16, 1, 15, 16, 31] {
                let long = |name| run(name, [low, high, n, 0x5555]);
                assert_eq!(long("__mspabi_slll"), x << n);
                assert_eq!(long("__mspabi_srll"), x >> n);
                assert_eq!(long("__mspabi_sral") as i32, x as i32 >> n);
            }
        }
    }
}
