//! Floating-point numbers in names: the digits of their bytes, written as C's `%a` does.
//!
//! Spec: the Itanium C++ ABI, 5.1.6.1; C, 7.23.6.1, and glibc for what that leaves open.

/// `%af` of a `float`.
pub(super) fn single(digits: &str) -> String {
    let bits = u32::from_str_radix(digits, 16).unwrap_or(0);
    let value = f64::from(f32::from_bits(bits));
    format!("{}f", of_double(value.to_bits()))
}

/// `%a` of a `double`.
pub(super) fn double(digits: &str) -> String {
    of_double(u64::from_str_radix(digits, 16).unwrap_or(0))
}

fn of_double(bits: u64) -> String {
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    match (exponent, fraction) {
        (0x7ff, 0) => format!("{sign}inf"),
        (0x7ff, _) => format!("{sign}nan"),
        (0, 0) => format!("{sign}0x0p+0"),
        (0, _) => hex(sign, 0, fraction, 13, -1022),
        _ => hex(sign, 1, fraction, 13, exponent - 1023),
    }
}

/// `%LaL` of the 80 bits of x86, which is where LLVM's own linkers run.
pub(super) fn long_double(digits: &str) -> String {
    let bits = u128::from_str_radix(digits, 16).unwrap_or(0);
    let sign = if bits >> 79 == 1 { "-" } else { "" };
    let exponent = (bits >> 64 & 0x7fff) as i32;
    let mantissa = bits as u64;
    let text = match (exponent, mantissa) {
        (0x7fff, m) if m << 1 == 0 => format!("{sign}inf"),
        (0x7fff, _) => format!("{sign}nan"),
        (0, 0) => format!("{sign}0x0p+0"),
        // The first digit has the four upper bits.
        (0, _) => hex(
            sign,
            mantissa >> 60,
            mantissa & ((1 << 60) - 1),
            15,
            -16382 - 3,
        ),
        _ => hex(
            sign,
            mantissa >> 60,
            mantissa & ((1 << 60) - 1),
            15,
            exponent - 16383 - 3,
        ),
    };
    format!("{text}L")
}

fn hex(sign: &str, first: u64, fraction: u64, digits: usize, exponent: i32) -> String {
    let fraction = format!("{fraction:0digits$x}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}0x{first:x}{point}{fraction}p{exponent:+}")
}
