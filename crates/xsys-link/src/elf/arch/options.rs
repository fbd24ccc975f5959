//! The options that concern single machines, and the machine that a command line chooses.

use std::path::PathBuf;

/// What `-m` or a format stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Emulation {
    /// The name.
    pub name: &'static str,
    /// `EM_*`
    pub machine: u16,
    /// ELFCLASS64
    pub is_64: bool,
    /// ELFDATA2MSB
    pub big_endian: bool,
}

/// What `R_ARM_TARGET2` means, `--target2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target2 {
    /// `R_ARM_REL32`
    Rel,
    /// `R_ARM_ABS32`
    Abs,
    /// `R_ARM_GOT_PREL`
    GotRel,
}

/// Options that concern instruction sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MachineOptions {
    /// `-m`
    pub emulation: Option<Emulation>,
    /// `-mmcu`: a device, whose memories and start code are needed.
    pub device: Option<&'static str>,
    /// `-EB` and `-EL`
    pub big_endian: Option<bool>,
    /// `--relax` and `--no-relax`
    pub relax: Option<bool>,
    /// `--relax-gp` and `--no-relax-gp`: whether RISC-V relaxation may use `gp`.
    pub relax_gp: Option<bool>,
    /// `--no-wchar-size-warning`
    pub no_wchar_size_warning: bool,
    /// `--no-enum-size-warning`
    pub no_enum_size_warning: bool,
    /// `--fix-cortex-a53-843419`
    pub fix_cortex_a53_843419: bool,
    /// `--fix-cortex-a53-835769`
    pub fix_cortex_a53_835769: bool,
    /// `--fix-cortex-a8`
    pub fix_cortex_a8: bool,
    /// `--fix-v4bx`: `bx rN` becomes `mov pc, rN`.
    pub fix_v4bx: bool,
    /// `--be8`: big-endian data, little-endian instructions.
    pub be8: bool,
    /// `--cmse-implib`: make secure gateway veneers.
    pub cmse_implib: bool,
    /// `--in-implib`: the import library of the previous secure image.
    pub in_implib: Option<PathBuf>,
    /// `--out-implib`: where to write the import library.
    pub out_implib: Option<PathBuf>,
    /// `--target1-rel`: R_ARM_TARGET1 means REL32 (else ABS32).
    pub target1_rel: bool,
    /// `--target2`: what R_ARM_TARGET2 means.
    pub target2: Target2,
    /// `--pic-veneer`: thunks are position independent.
    pub pic_thunks: bool,
    /// `--merge-exidx-entries`
    pub merge_exidx_entries: bool,
}

impl Default for MachineOptions {
    fn default() -> Self {
        Self {
            emulation: None,
            device: None,
            big_endian: None,
            relax: None,
            relax_gp: None,
            no_wchar_size_warning: false,
            no_enum_size_warning: false,
            fix_cortex_a53_843419: false,
            fix_cortex_a53_835769: false,
            fix_cortex_a8: false,
            fix_v4bx: false,
            be8: false,
            cmse_implib: false,
            in_implib: None,
            out_implib: None,
            target1_rel: false,
            target2: Target2::GotRel,
            pic_thunks: false,
            merge_exidx_entries: true,
        }
    }
}
