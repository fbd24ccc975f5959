//! The parts of cargo's profile that affect the standard library: its panic strategy and its rustflags.
//!
//! A profile comes from the workspace's manifest, from configuration files, from the environment and from `--config`,
//! each overriding the one before (<https://doc.rust-lang.org/cargo/reference/profiles.html>); the profile it inherits
//! provides the rest.

use crate::project::cargo_config::CargoConfig;
use crate::project::settings::Manifest;

/// The part of a profile that affects the standard library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub panic: Option<String>,
    pub rustflags: Vec<String>,
}

/// Computes a profile, given its name in manifests.
pub(crate) fn resolve(manifest: &Manifest, config: &CargoConfig, name: &str) -> Profile {
    let mut name = name.to_owned();
    let mut panic = None;
    let mut rustflags = None;
    // A longer chain is a circle, which cargo reports.
    for _ in 0..32 {
        let own = manifest.profile(&name);
        let text = |key: &str, own: Option<&String>| {
            config
                .text(&["profile", &name, key])
                .or_else(|| own.cloned())
        };
        panic = panic.or_else(|| text("panic", own.and_then(|own| own.panic.as_ref())));
        rustflags = rustflags
            .or_else(|| config.words(&["profile", &name, "rustflags"]))
            .or_else(|| own.and_then(|own| own.rustflags.clone()));
        let parent = text("inherits", own.and_then(|own| own.inherits.as_ref()));
        name = match (parent, name.as_str()) {
            (Some(parent), _) => parent,
            (None, "test") => "dev".to_owned(),
            (None, "bench") => "release".to_owned(),
            (None, _) => break,
        };
    }
    Profile {
        panic,
        rustflags: rustflags.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_source_counts_in_its_order() {
        let manifest = Manifest::parse(
            Path::new("/p/Cargo.toml"),
            r#"
            [profile.dev]
            panic = "abort"
            rustflags = ["-Ca"]
            [profile.release]
            opt-level = "z"
            [profile.small]
            inherits = "tiny"
            [profile.tiny]
            inherits = "dev"
            rustflags = ["-Cb", "c d"]
            [profile.odd]
            inherits = "odd"
            "#,
        )
        .unwrap();
        let release = "[profile.release]\npanic = \"abort\"\n";
        let own = "[profile.own]\ninherits = \"small\"\npanic = \"unwind\"";
        let by_env = [("CARGO_PROFILE_SMALL_PANIC", "immediate-abort")];
        for (name, files, options, env, panic, rustflags) in [
            ("dev", "", "", &[][..], "abort", "-Ca"),
            ("release", "", "", &[], "", ""),
            ("release", release, "", &[], "abort", ""),
            ("bench", "", release, &[], "abort", ""),
            ("test", "", "", &[], "abort", "-Ca"),
            ("small", "", "", &[], "abort", "-Cb c d"),
            ("small", "", "", &by_env, "immediate-abort", "-Cb c d"),
            ("own", own, "", &by_env, "unwind", "-Cb c d"),
            ("odd", "", "", &[], "", ""),
            ("missing", "", "", &[], "", ""),
        ] {
            let config = CargoConfig::of(files, options, env);
            let profile = resolve(&manifest, &config, name);
            assert_eq!(profile.panic.unwrap_or_default(), panic, "{name} {files}");
            assert_eq!(profile.rustflags.join(" "), rustflags, "{name} {files}");
        }
    }
}
