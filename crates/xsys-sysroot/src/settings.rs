//! The profile that a sysroot is compiled with.
//!
//! Names are those of `[package.metadata.xsys.sysroot]` and values are cargo's, so that people can write what they
//! would write in `[profile.release]`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use xsys_diag::did_you_mean;
use xsys_target::{PanicStrategy, Target};

/// An unknown value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{given}`{}", .suggestion.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default())]
pub struct UnknownValue {
    what: &'static str,
    given: String,
    suggestion: Option<&'static str>,
    expected: &'static [&'static str],
}

impl UnknownValue {
    /// The values that are known.
    pub fn expected(&self) -> &'static [&'static str] {
        self.expected
    }
}

/// An enum whose variants have fixed spellings: `FromStr`, `Display` and serialization agree.
macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The spelling in settings and on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownValue;

            fn from_str(text: &str) -> Result<Self, UnknownValue> {
                const KNOWN: &[&str] = &[$($text),+];
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(UnknownValue {
                        what: $what,
                        given: text.to_owned(),
                        suggestion: did_you_mean(text, KNOWN.iter().copied()),
                        expected: KNOWN,
                    }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

spelled! {
    /// `opt-level` of a cargo profile.
    OptLevel, "optimisation level" {
        /// None.
        O0 = "0",
        /// Basic.
        O1 = "1",
        /// Some.
        O2 = "2",
        /// All.
        O3 = "3",
        /// For size.
        Os = "s",
        /// For size, loops not vectorised.
        Oz = "z",
    }
}

spelled! {
    /// What happens when a thread panics.
    Panic, "panic strategy" {
        /// The process ends after the message.
        Abort = "abort",
        /// The stack is unwound.
        Unwind = "unwind",
        /// The process ends at once, without message or formatting code (unstable in rustc).
        ImmediateAbort = "immediate-abort",
    }
}

spelled! {
    /// How much debug information the crates carry. Names in backtraces need none.
    DebugLevel, "debug level" {
        /// None.
        None = "0",
        /// Lines, so that backtraces name them.
        LineTables = "line-tables-only",
        /// Lines, functions and modules.
        Limited = "1",
        /// Everything.
        Full = "2",
    }
}

/// The profile of a sysroot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Optimisation.
    pub opt_level: OptLevel,
    /// Panic strategy of the crates; `panic_unwind` is part of a sysroot only with
    /// [`Panic::Unwind`].
    pub panic: Panic,
    /// Debug information.
    pub debug: DebugLevel,
    /// Features of `std` (or of `alloc` and `core` in the smaller sets), on top of the ones the
    /// target calls for; `-NAME` takes one of those away.
    pub features: Vec<String>,
    /// Also build the `test` crate, which `#[test]` needs.
    pub test: bool,
    /// The CPU model that rustc is told, for targets that need one beside their spec.
    pub cpu: Option<String>,
    /// Further flags for rustc, which win over what the other settings say.
    pub rustflags: Vec<String>,
}

impl Settings {
    /// The defaults for a target: the profile of rustup's builds, which is cargo's release profile
    /// with debug information, and the spec's own panic strategy.
    pub fn for_target(target: &Target) -> Settings {
        Settings {
            panic: match target.panic_strategy() {
                PanicStrategy::Unwind => Panic::Unwind,
                PanicStrategy::Abort => Panic::Abort,
                PanicStrategy::ImmediateAbort => Panic::ImmediateAbort,
            },
            cpu: target
                .own_cpu()
                .filter(|_| target.needs_cpu())
                .map(str::to_owned),
            ..Settings::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            opt_level: OptLevel::O3,
            panic: Panic::Unwind,
            debug: DebugLevel::Limited,
            features: Vec::new(),
            test: false,
            cpu: None,
            rustflags: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_round_trip() {
        for text in ["0", "1", "2", "3", "s", "z"] {
            assert_eq!(text.parse::<OptLevel>().unwrap().to_string(), text);
        }
        for text in ["abort", "unwind", "immediate-abort"] {
            assert_eq!(text.parse::<Panic>().unwrap().to_string(), text);
        }
        for text in ["0", "line-tables-only", "1", "2"] {
            assert_eq!(text.parse::<DebugLevel>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn unknown_values_get_a_suggestion() {
        let error = "unwnd".parse::<Panic>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown panic strategy `unwnd`, did you mean `unwind`?"
        );
        assert_eq!(error.expected(), ["abort", "unwind", "immediate-abort"]);
    }
}
