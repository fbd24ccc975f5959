//! The [`Machine`] of AArch64: its names, and its instruction set for a link.

use object::elf;

use super::Aarch64;
use crate::elf::arch::Arch;
use crate::elf::arch::machine::{FeatureMark, FeatureMarks, Link, Machine, Variant, variant};

/// Indirect branches must land on BTI.
const BTI: u32 = 1;

/// The machine.
pub(crate) struct Aarch64Machine;

impl Machine for Aarch64Machine {
    fn number(&self) -> u16 {
        elf::EM_AARCH64.0
    }

    fn name(&self, _is_64: bool) -> Option<&'static str> {
        Some("aarch64")
    }

    fn emulations(&self) -> &'static [Variant] {
        const {
            &[
                variant("aarch64elf", 64, b'L'),
                variant("aarch64elfb", 64, b'B'),
                variant("aarch64elf32", 32, b'L'),
                variant("aarch64elf32b", 32, b'B'),
                variant("aarch64linux", 64, b'L'),
                variant("aarch64linuxb", 64, b'B'),
                variant("aarch64linux32", 32, b'L'),
                variant("aarch64linux32b", 32, b'B'),
                variant("aarch64_elf64_le_vec", 64, b'L'),
            ]
        }
    }

    fn formats(&self) -> &'static [Variant] {
        const {
            &[
                variant("elf64-aarch64", 64, b'L'),
                variant("elf64-bigaarch64", 64, b'B'),
                variant("elf64-littleaarch64", 64, b'L'),
            ]
        }
    }

    fn architecture(&self, name: &str) -> Option<Option<bool>> {
        (name.split(':').next() == Some("aarch64")).then_some(None)
    }

    fn feature_marks(&self) -> Option<&'static FeatureMarks> {
        Some(&FeatureMarks {
            number: 0xc000_0000,
            x86_numbers: false,
            marks: &[
                FeatureMark {
                    name: "BTI",
                    bit: BTI,
                },
                FeatureMark {
                    name: "PAC",
                    bit: 2,
                },
                FeatureMark {
                    name: "GCS",
                    bit: 4,
                },
            ],
        })
    }

    fn open(&self, link: &Link<'_>) -> Option<Box<dyn Arch>> {
        if !link.is_64 {
            return None;
        }
        Some(Box::new(Aarch64 {
            fix_843419: link.options.fix_cortex_a53_843419,
            fix_835769: link.options.fix_cortex_a53_835769,
            bti: link.features & BTI != 0,
            relax: link.options.relax != Some(false),
        }))
    }
}
