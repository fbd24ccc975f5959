//! The [`Machine`] of x86-64: its names, and its instruction set for a link.

use object::elf;

use super::X86_64;
use crate::elf::arch::Arch;
use crate::elf::arch::machine::{FeatureMark, FeatureMarks, Link, Machine, Variant, variant};

/// Indirect branches must land on ENDBR64.
const IBT: u32 = 1;

/// The machine.
pub(crate) struct X86Machine;

impl Machine for X86Machine {
    fn number(&self) -> u16 {
        elf::EM_X86_64.0
    }

    fn name(&self, _is_64: bool) -> Option<&'static str> {
        Some("x86_64")
    }

    fn emulations(&self) -> &'static [Variant] {
        const {
            &[
                variant("elf32_x86_64", 32, b'L'),
                variant("elf_x86_64", 64, b'L'),
                variant("elf_x86_64_fbsd", 64, b'L'),
            ]
        }
    }

    fn formats(&self) -> &'static [Variant] {
        const {
            &[
                variant("elf32-x86-64", 32, b'L'),
                variant("elf64-x86-64", 64, b'L'),
                variant("elf64-x86-64-freebsd", 64, b'L'),
            ]
        }
    }

    fn architecture(&self, name: &str) -> Option<Option<bool>> {
        match name {
            "i386:x86-64" | "i386:x86-64:intel" => Some(Some(true)),
            "i386:x64-32" => Some(Some(false)),
            _ => None,
        }
    }

    fn feature_marks(&self) -> Option<&'static FeatureMarks> {
        Some(&FeatureMarks {
            number: 0xc000_0002,
            x86_numbers: true,
            marks: &[
                FeatureMark {
                    name: "IBT",
                    bit: IBT,
                },
                FeatureMark {
                    name: "SHSTK",
                    bit: 2,
                },
            ],
        })
    }

    fn open(&self, link: &Link<'_>) -> Option<Box<dyn Arch>> {
        if !link.is_64 {
            return None;
        }
        Some(Box::new(X86_64 {
            // Start-up code that relocates its own image calls through the GOT before anything is there (glibc's `rcrt1.o`).
            ibt: link.features & IBT != 0,
            relax: link.pic || link.options.relax != Some(false),
        }))
    }
}
