//! Numbers, names and constants as bytes.
//!
//! Spec: WebAssembly, "Values" of the binary format (LEB128); padding as LLVM writes it where a linker patches later.

use super::{F32, F64, I32, I64, V128};

pub(super) fn uleb(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        out.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return;
        }
    }
}

pub(super) fn sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let done = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        out.push(if done { byte } else { byte | 0x80 });
        if done {
            return;
        }
    }
}

pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    uleb(out, text.len() as u64);
    out.extend(text.as_bytes());
}

pub(super) fn padded(out: &mut Vec<u8>, width: usize) {
    out.extend(std::iter::repeat_n(0x80, width - 1));
    out.push(0);
}

/// A number in five bytes.
pub(super) fn padded_u32(out: &mut Vec<u8>, value: u32) {
    for at in 0..5 {
        let byte = (value >> (7 * at)) as u8 & 0x7f;
        out.push(if at < 4 { byte | 0x80 } else { byte & 0xf });
    }
}

pub(super) fn constant(out: &mut Vec<u8>, ty: u8, value: i64) {
    match ty {
        I32 => {
            out.push(0x41);
            sleb(out, i64::from(value as i32));
        }
        I64 => {
            out.push(0x42);
            sleb(out, value);
        }
        V128 => {
            out.extend([0xfd, 0x0c]);
            out.extend(value.to_le_bytes());
            out.extend(value.to_le_bytes());
        }
        F32 => {
            out.push(0x43);
            out.extend((value as f32).to_le_bytes());
        }
        F64 => {
            out.push(0x44);
            out.extend((value as f64).to_le_bytes());
        }
        reference => out.extend([0xd0, reference]),
    }
}
