//! The flags that rustc gets: the user's own, and ours that bring in sysroot and linker.
//!
//! Flags set in the environment replace those of configuration files in cargo, so the user's
//! ([`super::user_flags`]) are among them, and everything is handed over as `CARGO_ENCODED_RUSTFLAGS`.
//! With `--target`, cargo keeps these away from build scripts and procedural macros.
//!
//! Where paths are remapped (`trim_paths`), a program tells nothing about the machine it was built on;
//! with a remap present cargo keeps the flags out of symbol hashes, so that the same sources give
//! the same bytes in another directory.

use std::path::Path;

use xsys_target::{Kind, Target};

use crate::driver::linking::choice::Choice;

/// What our flags are made from.
#[derive(Clone, Debug)]
pub(crate) struct Inputs<'a> {
    pub sysroot: &'a Path,
    /// The flags for the linker.
    pub linker: &'a Choice,
    pub target: &'a Target,
    /// The CPU model, if rustc and linker have to be told.
    pub cpu: Option<&'a str>,
    /// Scripts and further arguments for the linker.
    pub link_args: &'a [String],
    /// Flags that replace paths (`trim_paths`). None for rustdoc, where they are unstable.
    pub trims: &'a [String],
}

/// Ours come first, so that the user's win.
pub(crate) fn merge(user: &[String], ours: &Inputs<'_>) -> Vec<String> {
    let mut flags = vec![format!("--sysroot={}", ours.sysroot.display())];
    if ours.target.kind == Kind::Json {
        flags.push("-Zunstable-options".to_owned());
    }
    if let Some(cpu) = ours.cpu {
        flags.push(format!("-Ctarget-cpu={cpu}"));
        // For the device's memories and start code, as with avr-gcc.
        if ours.target.arch() == "avr" && !ours.linker.flags.is_empty() {
            flags.push(format!("-Clink-arg=-mmcu={cpu}"));
        }
    }
    flags.extend_from_slice(ours.trims);
    if !ours.linker.overrides {
        flags.extend_from_slice(&ours.linker.flags);
    }
    flags.extend(ours.link_args.iter().map(|arg| format!("-Clink-arg={arg}")));
    flags.extend_from_slice(user);
    if ours.linker.overrides {
        flags.extend_from_slice(&ours.linker.flags);
    }
    flags
}

/// cargo's separator between flags, which may have spaces themselves.
pub(crate) fn encode(flags: &[String]) -> String {
    flags.join("\x1f")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::linking::choice::By;
    use xsys_diag::Source;

    fn target(json: bool) -> Target {
        let text = r#"{"arch":"arm","llvm-target":"arm","data-layout":"e","target-pointer-width":32,"linker-flavor":"gnu-lld"}"#;
        let source = Source {
            path: "t.json".into(),
            text: text.into(),
        };
        let mut target = Target::from_json("t".to_owned(), source, None).unwrap();
        if !json {
            target.kind = Kind::Builtin;
        }
        target
    }

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn ours_come_first() {
        let trims = words("--remap-path-prefix=/p=. --remap-path-prefix=/t=target");
        let link_args = words("-T/b/link.x -L/b");
        let remapped = "--remap-path-prefix=/p=. --remap-path-prefix=/t=target";
        let linked = "-Clink-arg=-T/b/link.x -Clink-arg=-L/b";
        for (json, overrides, user, expected) in [
            (
                false,
                false,
                "-Ctarget-cpu=x",
                format!("--sysroot=/s {remapped} -Clinker=/x {linked} -Ctarget-cpu=x"),
            ),
            (
                true,
                false,
                "",
                format!("--sysroot=/s -Zunstable-options {remapped} -Clinker=/x {linked}"),
            ),
            // A linker of the command line comes after the user's flags.
            (
                false,
                true,
                "-C linker=cc",
                format!("--sysroot=/s {remapped} {linked} -C linker=cc -Clinker=/x"),
            ),
        ] {
            let inputs = Inputs {
                sysroot: Path::new("/s"),
                linker: &Choice {
                    by: By::Xsys,
                    reason: None,
                    flags: words("-Clinker=/x"),
                    overrides,
                },
                cpu: None,
                target: &target(json),
                link_args: &link_args,
                trims: &trims,
            };
            assert_eq!(merge(&words(user), &inputs), words(&expected));
        }
    }

    #[test]
    fn flags_with_spaces_survive() {
        assert_eq!(encode(&["a b".to_owned(), "c".to_owned()]), "a b\x1fc");
    }
}
