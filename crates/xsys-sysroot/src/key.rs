//! What names a sysroot: a digest over everything that can change a byte of it, and nothing else.
//!
//! No path of this machine is part of it, so that a key means the same everywhere and entries can
//! be shared between projects, users and machines.

use serde::Serialize;
use serde_json::{Value, json};
use xsys_target::CrateSet;

use crate::digest::sha256;
use crate::renamed::ROOM;
use crate::settings::Settings;

/// Raised whenever what is built from the same inputs changes: flags, layout, the manifest.
const FORMAT: u32 = 2;

/// The inputs of a sysroot.
#[derive(Clone, Debug)]
pub(crate) struct Inputs<'a> {
    /// The target's name: rlibs and directories carry it.
    pub target: &'a str,
    /// Whether rustc gets a spec file rather than a triple.
    pub custom: bool,
    /// sha256 of the canonical spec.
    pub spec: &'a str,
    pub release: &'a str,
    pub commit: &'a str,
    /// Digest of rust-src.
    pub rust_src: &'a str,
    pub crates: CrateSet,
    pub settings: &'a Settings,
    pub flags: &'a [String],
    /// Whether `memcpy` and the like are among the crates although the platform has a C library.
    pub memory_functions: bool,
    /// Name and digest of the C library's pieces, if there are any.
    pub pieces: Option<(&'a str, &'a str)>,
    /// Digest of our crate `test`, where the sysroot has it.
    pub harness: Option<&'a str>,
}

impl Inputs<'_> {
    /// The inputs in clear, for the manifest.
    pub(crate) fn to_json(&self) -> Value {
        let mut inputs = json!({
            "format": FORMAT,
            "target": self.target,
            "custom": self.custom,
            "spec": self.spec,
            "rustc": { "release": self.release, "commit": self.commit },
            "rust-src": self.rust_src,
            "crates": self.crates.as_str(),
            "settings": Normalized::from(self.settings),
            "flags": self.flags,
            "musl": null,
        });
        if self.custom {
            inputs["room-for-names"] = ROOM.into();
        }
        if self.memory_functions {
            inputs["memory-functions"] = true.into();
        }
        if let Some((name, digest)) = self.pieces {
            inputs[name] = digest.into();
        }
        if let Some(digest) = self.harness {
            inputs["harness"] = digest.into();
        }
        inputs
    }

    /// The key: sha256 over the inputs, in hexadecimal.
    pub(crate) fn key(&self) -> String {
        sha256(self.to_json().to_string().as_bytes())
    }
}

/// Settings whose order and repetition do not matter.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Normalized {
    opt_level: &'static str,
    panic: &'static str,
    debug: &'static str,
    features: Vec<String>,
    test: bool,
}

impl From<&Settings> for Normalized {
    fn from(settings: &Settings) -> Self {
        let mut features = settings.features.clone();
        features.sort();
        features.dedup();
        Self {
            opt_level: settings.opt_level.as_str(),
            panic: settings.panic.as_str(),
            debug: settings.debug.as_str(),
            features,
            test: settings.test,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::settings::{DebugLevel, OptLevel, Panic};

    #[test]
    fn every_input_counts() {
        let settings = Settings::default();
        let flags = vec!["-Ca".to_owned()];
        let base = Inputs {
            target: "board",
            custom: true,
            spec: "5",
            release: "1.95.0",
            commit: "c",
            rust_src: "s",
            crates: CrateSet::Core,
            settings: &settings,
            flags: &flags,
            memory_functions: false,
            pieces: None,
            harness: None,
        };
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            Inputs {
                settings: &settings,
                ..base.clone()
            }
            .key()
        };
        let other_flags = ["-Cb".to_owned()];
        let keys = [
            base.key(),
            Inputs {
                target: "other",
                ..base.clone()
            }
            .key(),
            Inputs {
                custom: false,
                ..base.clone()
            }
            .key(),
            Inputs {
                spec: "6",
                ..base.clone()
            }
            .key(),
            Inputs {
                release: "1.96.0",
                ..base.clone()
            }
            .key(),
            Inputs {
                commit: "d",
                ..base.clone()
            }
            .key(),
            Inputs {
                rust_src: "t",
                ..base.clone()
            }
            .key(),
            Inputs {
                crates: CrateSet::Alloc,
                ..base.clone()
            }
            .key(),
            Inputs {
                flags: &other_flags,
                ..base.clone()
            }
            .key(),
            Inputs {
                memory_functions: true,
                ..base.clone()
            }
            .key(),
            Inputs {
                pieces: Some(("musl", "m")),
                ..base.clone()
            }
            .key(),
            Inputs {
                pieces: Some(("wasi-libc", "m")),
                ..base.clone()
            }
            .key(),
            Inputs {
                harness: Some("h"),
                ..base.clone()
            }
            .key(),
            with(|settings| settings.opt_level = OptLevel::Os),
            with(|settings| settings.panic = Panic::Abort),
            with(|settings| settings.debug = DebugLevel::LineTables),
            with(|settings| settings.features = vec!["backtrace".to_owned()]),
            with(|settings| settings.test = true),
        ];
        let different: BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert!(keys.iter().all(|key| key.len() == 64));
    }

    #[test]
    fn the_order_of_features_does_not_count() {
        let key = |features: &[&str]| {
            let settings = Settings {
                features: features.iter().map(|&name| name.to_owned()).collect(),
                ..Settings::default()
            };
            Normalized::from(&settings).features
        };
        assert_eq!(key(&["a", "b"]), key(&["b", "a", "b"]));
    }
}
