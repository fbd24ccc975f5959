//! Whether an appliance's programs run on its machine.
//!
//! A card whose programs are for another processor boots, and then shows the kernel's message about an illegal
//! instruction, or nothing at all. The rules: programs for an older version of the Arm architecture run on newer
//! processors, but not vice versa; 32-bit programs run on all 64-bit Pis, with a 32-bit or a 64-bit kernel.

use xsys_diag::Diagnostic;
use xsys_image::kernel::Arch;
use xsys_image::kernel::needs::Machine;
use xsys_target::Target;

use crate::error::Result;

/// The kernels that run a target's programs on a machine, best first.
pub(crate) fn kernels(target: &Target, machine: &Machine) -> Result<Vec<Arch>> {
    let wide = match (target.os(), target.arch()) {
        ("linux", "aarch64") => true,
        ("linux", "arm") => false,
        _ => {
            return Err(Diagnostic::error(format!(
                "an appliance's programs are for Linux on Arm, and `{}` is not",
                target.name
            ))
            .help(build_for(machine))
            .into());
        }
    };
    let has = machine.arm_version();
    let needed = if wide { 8 } else { arm_version(target) };
    if needed > has {
        let bits = if wide { "64 bits" } else { "32 bits" };
        return Err(Diagnostic::error(format!(
            "programs for `{}` do not run on `{}`",
            target.name, machine.name
        ))
        .note(format!(
            "they are for ARMv{needed} with {bits}; the processor of {} is an ARMv{has} with 32 bits",
            machine.title
        ))
        .help(build_for(machine))
        .into());
    }
    let all = machine.kernels.iter().map(|(arch, _)| *arch);
    let (mut same, other): (Vec<Arch>, Vec<Arch>) =
        all.partition(|arch| (*arch == Arch::Arm64) == wide);
    if !wide {
        same.extend(other);
    }
    Ok(same)
}

fn build_for(machine: &Machine) -> String {
    let target = machine.target;
    format!(
        "build for `{target}`: in Cargo.toml `[package.metadata.xsys]` with `target = \"{target}\"`"
    )
}

/// The version of the 32-bit architecture that code of the target needs; the oldest where nothing says it.
fn arm_version(target: &Target) -> u8 {
    let on = |name: &str| target.features().contains(&name);
    let triple = target.llvm_target();
    let begins = |names: [&str; 2]| names.iter().any(|name| triple.starts_with(name));
    if on("+v8") || begins(["armv8", "thumbv8"]) {
        8
    } else if on("+v7") || begins(["armv7", "thumbv7"]) {
        7
    } else {
        6
    }
}
