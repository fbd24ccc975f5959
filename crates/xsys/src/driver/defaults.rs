//! What a target, its board and a project ask for if the command line says nothing.

use xsys_diag::Diagnostic;
use xsys_sysroot::{CrateSet, Settings};
use xsys_target::Target;

use crate::driver::library_flags;
use crate::driver::linking::user_flags;
use crate::error::Result;
use crate::images::emit::Emit;
use crate::project::settings::SysrootSettings;

/// The images a board loads.
pub(crate) fn board_emits(target: &Target) -> std::result::Result<Vec<Emit>, Vec<Diagnostic>> {
    let Some(board) = &target.board else {
        return Ok(Vec::new());
    };
    let texts: Vec<String> = board
        .emit
        .iter()
        .map(|emit| match &emit.file {
            Some(file) => format!("{}={file}", emit.format),
            None => emit.format.clone(),
        })
        .collect();
    Emit::parse_all(texts.iter().map(String::as_str)).map_err(|mut problems| {
        for problem in &mut problems {
            problem
                .notes
                .push(format!("it is in `emit` of the board `{}`", board.name));
        }
        problems
    })
}

/// `std` if the target has an operating system that it supports, otherwise `alloc`.
pub(crate) fn default_crates(target: &Target) -> CrateSet {
    if target.has_std_os() {
        CrateSet::Std
    } else {
        CrateSet::Alloc
    }
}

/// What the target itself asks for. `flags` may name the CPU model of a target that needs one on
/// rustc's command line.
pub(crate) fn spec_settings(
    target: &Target,
    flags: &[String],
) -> std::result::Result<Settings, Diagnostic> {
    let mut settings = Settings::for_target(target);
    if target.needs_cpu() {
        let own = || target.own_cpu().map(str::to_owned);
        let cpu = user_flags::cpu(flags).or_else(own);
        settings.cpu = Some(cpu.ok_or_else(|| no_cpu(target))?);
    }
    Ok(settings)
}

/// A target that needs a CPU model and has none.
fn no_cpu(target: &Target) -> Diagnostic {
    let example = match target.arch() {
        "avr" => "atmega328p",
        _ => "NAME",
    };
    Diagnostic::error(format!("`{}` needs the name of a CPU", target.name))
        .note("rustc compiles for one device, and there is no default")
        .help(format!(
            "name it in `.cargo/config.toml`:\n[target.{}]\nrustflags = [\"-Ctarget-cpu={example}\"]",
            target.name
        ))
        .help("or build for a spec that has a `cpu`, for example `--board arduino-uno`")
}

/// Applies a project's settings.
pub(crate) fn apply(settings: &mut Settings, wishes: &SysrootSettings) -> Result<()> {
    let wrong = |error: xsys_sysroot::UnknownValue| {
        Diagnostic::error(error.to_string()).help(format!("known: {}", error.expected().join(", ")))
    };
    if let Some(level) = &wishes.opt_level {
        settings.opt_level = level.text().parse().map_err(wrong)?;
    }
    if let Some(panic) = &wishes.panic {
        settings.panic = panic.parse().map_err(wrong)?;
    }
    if let Some(level) = &wishes.debug {
        settings.debug = level.text().parse().map_err(wrong)?;
    }
    settings.features.extend(wishes.features.iter().cloned());
    if !wishes.rustflags.is_empty() {
        library_flags::own(&wishes.rustflags)?;
        let all = [settings.rustflags.as_slice(), &wishes.rustflags].concat();
        settings.rustflags = library_flags::handed_on(&all);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_checked() {
        let wish = |text: &str| toml::from_str::<SysrootSettings>(text).unwrap();
        let mut settings = Settings::default();
        apply(
            &mut settings,
            &wish("opt-level = \"s\"\npanic = \"abort\"\ndebug = true\nfeatures = [\"f\"]"),
        )
        .unwrap();
        assert_eq!(settings.opt_level, xsys_sysroot::OptLevel::Os);
        assert_eq!(settings.panic, xsys_sysroot::Panic::Abort);
        assert_eq!(settings.debug, xsys_sysroot::DebugLevel::Full);
        assert_eq!(settings.features, ["f"]);
        let failure = apply(&mut settings, &wish("panic = \"abrt\"")).unwrap_err();
        assert_eq!(
            failure.diagnostics[0].message,
            "unknown panic strategy `abrt`, did you mean `abort`?"
        );
        assert_eq!(
            failure.diagnostics[0].help,
            ["known: abort, unwind, immediate-abort"]
        );
    }
}
