//! Compiler helpers that AVR code calls and compiler_builtins lacks.
//!
//! Problem: LLVM turns products and signed divisions into calls of libgcc's functions.
//! compiler_builtins has the unsigned divisions and everything above 32 bits; the rest comes with
//! avr-gcc, which a Rust program does not need otherwise. Each helper is an object of its own that is
//! linked like a member of an archive, so that another library's is preferred.
//!
//! Conventions: GCC's wiki, "avr-gcc: Exceptions to the Calling Convention" and "Calling
//! Convention". r18 to r27, r30, r31 and r0 may be changed; r1 is 0 before and after.

use object::elf;

use super::assemble::{kind, op};
use crate::elf::arch::small_object::{Code, write};

type Helper = (&'static str, fn(&mut Code, Features));

/// Names and code.
const HELPERS: &[Helper] = &[
    ("__mulqi3", mulqi3),
    ("__mulhi3", mulhi3),
    ("__mulsi3", mulsi3),
    ("__divmodqi4", divmodqi4),
    ("__divmodhi4", divmodhi4),
];

/// The instructions that the code may use.
#[derive(Clone, Copy)]
struct Features {
    has_mul: bool,
    has_call: bool,
}

/// The helpers for an architecture, as names and objects.
pub(super) fn objects(arch: u8) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let core = Features {
        has_mul: matches!(arch, 4 | 5 | 51 | 6),
        has_call: !matches!(arch, 2 | 25 | 4),
    };
    HELPERS.iter().map(move |&(name, build)| {
        let mut code = Code::new(".text.libgcc");
        build(&mut code, core);
        let defined = [(name.to_owned(), 0, 0, elf::STB_GLOBAL)];
        (name, write(kind(arch), &[code], &defined))
    })
}

/// r24 ← r24 · r22
fn mulqi3(code: &mut Code, _: Features) {
    code.two(op::EOR, 25, 25);
    let next = code.here();
    code.one(op::LSR, 22);
    code.over(op::BRCC, |code| code.two(op::ADD, 25, 24));
    code.two(op::ADD, 24, 24);
    code.two(op::AND, 22, 22);
    code.back(op::BRNE, next);
    code.two(op::MOV, 24, 25);
    code.word(op::RET);
}

/// r25:r24 ← r25:r24 · r23:r22
fn mulhi3(code: &mut Code, _: Features) {
    clear(code, &[30, 31]);
    let next = code.here();
    halve(code, &[23, 22]);
    code.over(op::BRCC, |code| add(code, &[(30, 24), (31, 25)]));
    add(code, &[(24, 24), (25, 25)]);
    code.two(op::MOV, 0, 22);
    code.two(op::OR, 0, 23);
    code.back(op::BRNE, next);
    code.pair(24, 30);
    code.word(op::RET);
}

/// r25:r24:r23:r22 ← r25:r24:r23:r22 · r21:r20:r19:r18
fn mulsi3(code: &mut Code, core: Features) {
    if core.has_mul {
        // The sum is in r27:r26:r31:r30: first the products at even bytes, then those that only affect the
        // uppermost byte, last those at odd bytes, which carry.
        code.two(op::MUL, 22, 18);
        code.pair(30, 0);
        code.two(op::MUL, 23, 19);
        code.pair(26, 0);
        for (a, b) in [(24, 18), (22, 20)] {
            code.two(op::MUL, a, b);
            add(code, &[(26, 0), (27, 1)]);
        }
        for (a, b) in [(25, 18), (22, 21), (24, 19), (23, 20)] {
            code.two(op::MUL, a, b);
            code.two(op::ADD, 27, 0);
        }
        clear(code, &[25]);
        for (a, b) in [(22, 19), (23, 18)] {
            code.two(op::MUL, a, b);
            add(code, &[(31, 0), (26, 1), (27, 25)]);
        }
        clear(code, &[1]);
    } else {
        clear(code, &[30, 31, 26, 27]);
        let next = code.here();
        halve(code, &[21, 20, 19, 18]);
        code.over(op::BRCC, |code| {
            add(code, &[(30, 22), (31, 23), (26, 24), (27, 25)]);
        });
        add(code, &[(22, 22), (23, 23), (24, 24), (25, 25)]);
        code.two(op::MOV, 0, 18);
        for part in [19, 20, 21] {
            code.two(op::OR, 0, part);
        }
        code.back(op::BRNE, next);
    }
    code.pair(22, 30);
    code.pair(24, 26);
    code.word(op::RET);
}

/// r24, r25 ← r24 / r22, r24 % r22
fn divmodqi4(code: &mut Code, core: Features) {
    keep_signs(code, 24, 22);
    for number in [24, 22] {
        code.one(op::SBRC_7, number);
        code.one(op::NEG, number);
    }
    code.go("__udivmodqi4", core.has_call, true);
    for result in [24, 25] {
        code.one(op::POP, 0);
        code.one(op::SBRC_7, 0);
        code.one(op::NEG, result);
    }
    code.word(op::RET);
}

/// r23:r22, r25:r24 ← r25:r24 / r23:r22, r25:r24 % r23:r22
fn divmodhi4(code: &mut Code, core: Features) {
    keep_signs(code, 25, 23);
    for high in [25, 23] {
        code.two(op::AND, high, high);
        code.over(op::BRPL, |code| negate(code, high));
    }
    code.go("__udivmodhi4", core.has_call, true);
    for high in [23, 25] {
        code.one(op::POP, 0);
        code.two(op::AND, 0, 0);
        code.over(op::BRPL, |code| negate(code, high));
    }
    code.word(op::RET);
}

/// Pushes the remainder's sign, which is the dividend's, and then the quotient's, as bits 7.
fn keep_signs(code: &mut Code, dividend: u16, divisor: u16) {
    code.one(op::PUSH, dividend);
    code.two(op::MOV, 0, dividend);
    code.two(op::EOR, 0, divisor);
    code.one(op::PUSH, 0);
}

fn clear(code: &mut Code, registers: &[u16]) {
    for &register in registers {
        code.two(op::EOR, register, register);
    }
}

/// Shifts to the right, from the uppermost register on.
fn halve(code: &mut Code, registers: &[u16]) {
    for (index, &register) in registers.iter().enumerate() {
        code.one(if index == 0 { op::LSR } else { op::ROR }, register);
    }
}

/// Adds, from the lowest registers on.
fn add(code: &mut Code, registers: &[(u16, u16)]) {
    for (index, &(sum, term)) in registers.iter().enumerate() {
        code.two(if index == 0 { op::ADD } else { op::ADC }, sum, term);
    }
}

/// Two's complement of a pair, by its upper register.
fn negate(code: &mut Code, high: u16) {
    code.one(op::COM, high);
    code.one(op::NEG, high - 1);
    code.one(op::SBCI_255, high - 16);
}

#[cfg(test)]
mod tests {
    use object::{Object as _, ObjectSection as _};

    use super::*;

    /// A core that knows the instructions above. Calls of unsigned divisions are done in Rust.
    #[derive(Default)]
    struct Machine {
        registers: [u8; 32],
        carry: bool,
        zero: bool,
        negative: bool,
        stack: Vec<u8>,
    }

    impl Machine {
        fn run(&mut self, code: &[u16], call: fn(&mut [u8; 32])) {
            let mut pc = 0;
            for _ in 0..2000 {
                let insn = code[pc];
                pc += 1;
                if insn == op::RET {
                    assert!(self.stack.is_empty() && self.registers[1] == 0);
                    return;
                }
                let d = usize::from(insn >> 4 & 0x1f);
                let r = usize::from(insn >> 5 & 0x10 | insn & 0xf);
                let (x, y) = (self.registers[d], self.registers[r]);
                match insn & 0xfc00 {
                    op::MUL => {
                        let product = u16::from(x) * u16::from(y);
                        [self.registers[0], self.registers[1]] = product.to_le_bytes();
                        continue;
                    }
                    op::ADD | op::ADC => {
                        let carry = self.carry && insn & 0xfc00 == op::ADC;
                        let sum = u16::from(x) + u16::from(y) + u16::from(carry);
                        self.carry = sum > 0xff;
                        self.set(d, sum as u8);
                        continue;
                    }
                    op::AND => self.set(d, x & y),
                    op::EOR => self.set(d, x ^ y),
                    op::OR => self.set(d, x | y),
                    op::MOV => self.registers[d] = y,
                    op::BRCC => {
                        let taken = match insn & 7 {
                            0 => !self.carry,
                            1 => !self.zero,
                            2 => !self.negative,
                            _ => panic!("{insn:#06x}"),
                        };
                        if taken {
                            let words = ((insn << 6) as i16) >> 9;
                            pc = pc.wrapping_add_signed(words.into());
                        }
                    }
                    _ => self.other(insn, d, x, &mut pc, code, call),
                }
            }
            panic!("it does not return");
        }

        fn other(
            &mut self,
            insn: u16,
            d: usize,
            x: u8,
            pc: &mut usize,
            code: &[u16],
            call: fn(&mut [u8; 32]),
        ) {
            if insn & 0xff00 == 0x0100 {
                let (d, r) = (
                    usize::from(insn >> 4 & 0xf) * 2,
                    usize::from(insn & 0xf) * 2,
                );
                self.registers.copy_within(r..r + 2, d);
            } else if insn & 0xff0f == op::SBCI_255 {
                let d = d & 0xf | 0x10;
                let result = self.registers[d]
                    .wrapping_add(1)
                    .wrapping_sub(self.carry.into());
                self.set(d, result);
            } else if insn & 0xf000 == 0xd000 {
                call(&mut self.registers);
            } else if insn == 0x940e {
                *pc += 1;
                call(&mut self.registers);
            } else {
                match insn & 0xfe0f {
                    op::COM => {
                        self.carry = true;
                        self.set(d, !x);
                    }
                    op::NEG => {
                        self.carry = x != 0;
                        self.set(d, x.wrapping_neg());
                    }
                    op::LSR | op::ROR => {
                        let high = self.carry && insn & 0xfe0f == op::ROR;
                        self.carry = x & 1 != 0;
                        self.set(d, x >> 1 | u8::from(high) << 7);
                    }
                    op::PUSH => self.stack.push(x),
                    op::POP => self.registers[d] = self.stack.pop().unwrap(),
                    op::SBRC_7 => {
                        // No instruction of two words follows.
                        assert!(*pc < code.len());
                        *pc += usize::from(x < 0x80);
                    }
                    _ => panic!("{insn:#06x}"),
                }
            }
        }

        fn set(&mut self, register: usize, value: u8) {
            self.registers[register] = value;
            self.zero = value == 0;
            self.negative = value >= 0x80;
        }
    }

    fn code(arch: u8, name: &str) -> Vec<u16> {
        let (_, bytes) = objects(arch).find(|(known, _)| *known == name).unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        let data = file
            .section_by_name(".text.libgcc")
            .unwrap()
            .data()
            .unwrap();
        data.chunks_exact(2)
            .map(|w| u16::from_le_bytes([w[0], w[1]]))
            .collect()
    }

    /// Values at the edges and between.
    fn values() -> Vec<u32> {
        let mut out = vec![
            0, 1, 2, 3, 7, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
        ];
        out.extend([
            0x1_0000,
            0x1234_5678,
            0x7fff_ffff,
            0x8000_0000,
            0xdead_beef,
            u32::MAX,
        ]);
        out
    }

    fn run(code: &[u16], place: &[(usize, u32, usize)], call: fn(&mut [u8; 32])) -> [u8; 32] {
        let mut machine = Machine::default();
        // Other registers may contain anything.
        machine.registers[2..].fill(0xa5);
        for &(first, value, size) in place {
            machine.registers[first..first + size].copy_from_slice(&value.to_le_bytes()[..size]);
        }
        machine.run(code, call);
        assert!(
            machine.registers[2..18].iter().all(|&r| r == 0xa5),
            "changed what it must keep"
        );
        machine.registers
    }

    fn number(registers: &[u8; 32], first: usize, size: usize) -> u32 {
        let mut bytes = [0; 4];
        bytes[..size].copy_from_slice(&registers[first..first + size]);
        u32::from_le_bytes(bytes)
    }

    #[test]
    fn products() {
        for arch in [5, 25] {
            for (name, a, b, size) in [
                ("__mulqi3", 24, 22, 1),
                ("__mulhi3", 24, 22, 2),
                ("__mulsi3", 22, 18, 4),
            ] {
                let code = code(arch, name);
                let mask = u32::MAX >> (32 - 8 * size);
                for x in values() {
                    for y in values() {
                        let registers = run(&code, &[(a, x, size), (b, y, size)], |_| ());
                        let expected = x.wrapping_mul(y) & mask;
                        assert_eq!(
                            number(&registers, a, size),
                            expected,
                            "{name} {x:#x} {y:#x}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn signed_divisions() {
        let byte: fn(&mut [u8; 32]) = |r| {
            (r[24], r[25], r[23]) = (r[24] / r[22], r[24] % r[22], 0);
        };
        let word: fn(&mut [u8; 32]) = |r| {
            let (a, b) = (number(r, 24, 2), number(r, 22, 2));
            r[22..24].copy_from_slice(&((a / b) as u16).to_le_bytes());
            r[24..26].copy_from_slice(&((a % b) as u16).to_le_bytes());
            (r[0], r[21], r[26], r[27]) = (0x77, 0, 0, 0);
        };
        for arch in [5, 25] {
            let (bytes, words) = (code(arch, "__divmodqi4"), code(arch, "__divmodhi4"));
            for x in values() {
                for y in values() {
                    let (a, b) = (x as i8, y as i8);
                    if b != 0 {
                        let r = run(&bytes, &[(24, x, 1), (22, y, 1)], byte);
                        let expected = (a.wrapping_div(b), a.wrapping_rem(b));
                        assert_eq!((r[24] as i8, r[25] as i8), expected, "{a} / {b}");
                    }
                    let (a, b) = (x as i16, y as i16);
                    if b != 0 {
                        let r = run(&words, &[(24, x, 2), (22, y, 2)], word);
                        let got = (number(&r, 22, 2) as i16, number(&r, 24, 2) as i16);
                        assert_eq!(got, (a.wrapping_div(b), a.wrapping_rem(b)), "{a} / {b}");
                    }
                }
            }
        }
    }
}
