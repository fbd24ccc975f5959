//! cargo's commands that xsys offers under its own name, and what each of them needs.

use crate::cli::CargoFlags;

/// One of cargo's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Build,
    Run,
    Test,
    Bench,
    Check,
    Clippy,
    Doc,
    /// Any other command that may compile, as `xsys cargo` runs it.
    Other,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Run => "run",
            Self::Test => "test",
            Self::Bench => "bench",
            Self::Check => "check",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Other => "cargo",
        }
    }

    /// The profile that cargo uses.
    pub(crate) fn profile(self, flags: &CargoFlags) -> &str {
        match (&flags.profile, self) {
            (Some(profile), _) => profile,
            (None, Self::Test) => "test",
            (None, Self::Bench) => "bench",
            (None, _) => "dev",
        }
    }

    /// Whether programs are linked; if not, neither a linker nor an image matters.
    pub(crate) fn links(self) -> bool {
        !matches!(self, Self::Check | Self::Clippy | Self::Doc)
    }

    /// Whether cargo may start what it made.
    pub(crate) fn starts_programs(self) -> bool {
        matches!(self, Self::Run | Self::Test | Self::Bench | Self::Other)
    }

    /// Whether the crate `test` may be needed.
    pub(crate) fn has_tests(self, flags: &CargoFlags) -> bool {
        match self {
            Self::Test | Self::Bench => true,
            Self::Run | Self::Doc => false,
            Self::Other => is_about_tests(flags) || names_tests(flags),
            Self::Build | Self::Check | Self::Clippy => names_tests(flags),
        }
    }

    /// Whether everything is built as cargo builds tests: with unwinding, whatever the profile says.
    pub(crate) fn is_of_tests(self) -> bool {
        matches!(self, Self::Test | Self::Bench)
    }
}

/// Whether flags ask for targets that have cargo's test harness.
fn names_tests(flags: &CargoFlags) -> bool {
    flags.flags.iter().any(|flag| {
        let flag = flag.to_string_lossy();
        let name = flag.split('=').next().unwrap_or_default();
        matches!(
            name,
            "--tests" | "--test" | "--benches" | "--bench" | "--all-targets"
        )
    })
}

/// Whether a command, whose name comes first, builds tests by itself: cargo's own and well-known
/// extensions.
fn is_about_tests(flags: &CargoFlags) -> bool {
    let known = [
        "test",
        "t",
        "bench",
        "nextest",
        "llvm-cov",
        "mutants",
        "tarpaulin",
        "insta",
        "careful",
        "criterion",
        "fix",
    ];
    let name = flags.flags.first().map(|name| name.to_string_lossy());
    name.is_some_and(|name| known.contains(&name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn tests_are_seen_in_flags() {
        for (verb, line, expected) in [
            (Verb::Test, "", true),
            (Verb::Build, "--release", false),
            (Verb::Check, "--all-targets", true),
            (Verb::Clippy, "--test=x", true),
            (Verb::Check, "--bin tests", false),
            (Verb::Build, "-- --tests", false),
            (Verb::Run, "--tests", false),
            (Verb::Other, "nextest run", true),
            (Verb::Other, "rustc --release", false),
            (Verb::Other, "rustc --tests", true),
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let flags = CargoFlags::read(&words);
            assert_eq!(verb.has_tests(&flags), expected, "{verb:?} {line}");
        }
    }
}
