//! What kernels are for, as their headers tell it.

use std::fmt;

/// What a kernel runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arch {
    /// 32-bit Arm: ARMv6 and ARMv7, which the header does not tell apart.
    Arm,
    /// 64-bit Arm.
    Arm64,
    /// x86, of 32 or 64 bits.
    X86,
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arm => "arm",
            Self::Arm64 => "arm64",
            Self::X86 => "x86",
        })
    }
}
