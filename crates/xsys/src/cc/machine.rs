//! What differs between machines under a compiler driver: emulation, dynamic linkers, names of directories.
//!
//! Problem: a linker is told by its driver which program loads the output, and where the C library is. Sources: glibc's
//! list of dynamic linkers (<https://sourceware.org/glibc/wiki/ABIList>), musl's manual (`/lib/ld-musl-ARCH.so.1`), Debian's
//! multiarch tuples (<https://wiki.debian.org/Multiarch/Tuples>), and the psABIs.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use object::elf;

/// A machine for which programs of a Linux system are linked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// Its name in target names.
    pub(super) name: &'static str,
    pub(super) elf: elf::Machine,
    /// What `-m` of the linker calls it.
    pub(super) emulation: &'static str,
    /// Debian's name for directories.
    pub(super) multiarch: &'static str,
    /// glibc's and musl's dynamic linkers.
    pub(super) glibc: &'static str,
    pub(super) musl: &'static str,
    /// The directories of libraries, besides those with the multiarch name.
    pub(super) libs: &'static [&'static str],
    /// The relocation that writes an address, where start files of our own exist.
    pub(super) absolute: elf::RelocationType,
    pub(super) has_start_files: bool,
}

#[rustfmt::skip] // a row a line
const MACHINES: &[Machine] = &[
    Machine { name: "x86_64", elf: elf::EM_X86_64, emulation: "elf_x86_64", multiarch: "x86_64-linux-gnu", glibc: "/lib64/ld-linux-x86-64.so.2", musl: "/lib/ld-musl-x86_64.so.1", libs: &["lib64", "lib"], absolute: elf::R_X86_64_64, has_start_files: true },
    Machine { name: "aarch64", elf: elf::EM_AARCH64, emulation: "aarch64linux", multiarch: "aarch64-linux-gnu", glibc: "/lib/ld-linux-aarch64.so.1", musl: "/lib/ld-musl-aarch64.so.1", libs: &["lib64", "lib"], absolute: elf::R_AARCH64_ABS64, has_start_files: true },
    Machine { name: "riscv64", elf: elf::EM_RISCV, emulation: "elf64lriscv", multiarch: "riscv64-linux-gnu", glibc: "/lib/ld-linux-riscv64-lp64d.so.1", musl: "/lib/ld-musl-riscv64.so.1", libs: &["lib64/lp64d", "lib64", "lib"], absolute: elf::R_RISCV_64, has_start_files: false },
    Machine { name: "arm", elf: elf::EM_ARM, emulation: "armelf_linux_eabi", multiarch: "arm-linux-gnueabihf", glibc: "/lib/ld-linux-armhf.so.3", musl: "/lib/ld-musl-armhf.so.1", libs: &["lib"], absolute: elf::R_ARM_ABS32, has_start_files: false },
];

impl Machine {
    /// The machine of a target's or a compiler's name, such as `aarch64-linux-gnu-gcc`.
    pub(super) fn of_name(name: &str) -> Option<&'static Self> {
        let first = name.split('-').next().unwrap_or_default();
        let first = match first {
            "x64" | "amd64" => "x86_64",
            "arm64" => "aarch64",
            "riscv64gc" => "riscv64",
            _ if first.starts_with("armv") => "arm",
            other => other,
        };
        MACHINES.iter().find(|machine| machine.name == first)
    }

    /// The machine that this program runs on.
    pub(super) fn host() -> Option<&'static Self> {
        Self::of_name(std::env::consts::ARCH)
    }

    /// The machine of an object file.
    pub(super) fn of_object(path: &Path) -> Option<&'static Self> {
        let mut head = [0; 20];
        File::open(path).ok()?.read_exact(&mut head).ok()?;
        if !head.starts_with(b"\x7fELF") {
            return None;
        }
        let number = u16::from_le_bytes([head[18], head[19]]);
        MACHINES.iter().find(|machine| machine.elf.0 == number)
    }

    /// Addresses have 64 bits.
    pub(super) fn is_64(&self) -> bool {
        self.elf != elf::EM_ARM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_machines() {
        for (name, expected) in [
            ("x86_64-unknown-linux-gnu", Some("x86_64")),
            ("aarch64-linux-gnu-gcc", Some("aarch64")),
            ("armv7-unknown-linux-gnueabihf", Some("arm")),
            ("riscv64gc-unknown-linux-gnu", Some("riscv64")),
            ("xsys-cc", None),
        ] {
            assert_eq!(Machine::of_name(name).map(|machine| machine.name), expected);
        }
    }
}
