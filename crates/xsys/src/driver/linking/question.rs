//! What is to be linked, on which machine, and with which settings of the user's.

use xsys_sysroot::Toolchain;
use xsys_target::{CrateSet, Target};

use crate::driver::linking::user_flags::UserConfig;

/// What is to be linked, and with which settings of the user's.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub target: &'a Target,
    pub crates: CrateSet,
    /// `--linker`.
    pub asked: Option<&'a str>,
    pub user: &'a UserConfig,
    pub toolchain: &'a Toolchain,
}

/// Whether programs are for this machine. LLVM's name alone does not say it: VxWorks on x86-64 is
/// Linux to LLVM.
pub(crate) fn is_host(question: &Question<'_>) -> bool {
    let (target, host) = (question.target, question.toolchain.rustc.host());
    let same_system = host.split('-').any(|part| part == target.os());
    target.name == host || target.llvm_target() == host && same_system
}
