//! Which members of a workspace a command is about, and which of them are built together.
//!
//! Members may be for different machines. Those with the same settings in `[package.metadata.xsys]` are built by one
//! call of cargo, as it would build them all; each call gets the flags that concern its packages, so that `--bin` and
//! `--features` mean the same as with cargo.

use std::ffi::OsString;
use std::path::Path;

use cargo_metadata::{Metadata, Package, TargetKind};

use crate::cli::CargoFlags;
use crate::project::settings::Settings;

/// A member that is built.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub settings: Settings,
    package: Package,
}

/// Members that are built together, and cargo's arguments for them.
pub(crate) struct Part {
    pub settings: Settings,
    pub flags: CargoFlags,
    pub members: Vec<Member>,
}

impl Member {
    pub(crate) fn new(package: &Package, settings: Settings) -> Self {
        Self {
            settings,
            package: package.clone(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.package.name.as_str()
    }

    pub(crate) fn version(&self) -> String {
        self.package.version.to_string()
    }

    /// The directory of its manifest.
    pub(crate) fn directory(&self) -> &Path {
        let manifest = self.package.manifest_path.as_std_path();
        manifest.parent().unwrap_or(manifest)
    }

    /// How many of its programs cargo puts into one directory: binaries, and examples.
    pub(crate) fn programs(&self) -> (usize, usize) {
        let count = |kind: TargetKind| {
            let targets = self.package.targets.iter();
            targets.filter(|target| target.kind.contains(&kind)).count()
        };
        (count(TargetKind::Bin), count(TargetKind::Example))
    }

    /// The names of its binaries.
    pub(crate) fn binaries(&self) -> impl Iterator<Item = &str> {
        let targets = self.package.targets.iter();
        targets
            .filter(|target| target.kind.contains(&TargetKind::Bin))
            .map(|target| target.name.as_str())
    }

    /// The names of its features.
    pub(crate) fn features(&self) -> impl Iterator<Item = &str> {
        self.package.features.keys().map(String::as_str)
    }

    /// The binary that `cargo run` runs by default.
    pub(crate) fn default_run(&self) -> Option<&str> {
        self.package.default_run.as_deref()
    }

    /// Whether another member's build compiles this one as well.
    fn is_used_by(&self, other: &Self) -> bool {
        let directory = self.package.manifest_path.parent();
        other
            .package
            .dependencies
            .iter()
            .any(|dependency| dependency.path.as_deref() == directory)
    }

    fn has_target(&self, kind: &TargetKind, name: &str) -> bool {
        let mut targets = self.package.targets.iter();
        targets.any(|target| target.kind.contains(kind) && target.name == name)
    }

    pub(crate) fn has_feature(&self, name: &str) -> bool {
        match name.split_once('/') {
            Some((package, _)) => {
                let package = package.trim_end_matches('?');
                let mut dependencies = self.package.dependencies.iter();
                package == self.name()
                    || dependencies.any(|dependency| {
                        dependency.rename.as_deref().unwrap_or(&dependency.name) == package
                    })
            }
            None => self.package.features.contains_key(name),
        }
    }
}

/// The packages that cargo would select; none if only cargo can tell.
pub(crate) fn selected<'a>(metadata: &'a Metadata, flags: &CargoFlags) -> Vec<&'a Package> {
    let has = |names: &[&str]| {
        let mut words = flags.flags.iter();
        words.any(|flag| names.contains(&flag.to_string_lossy().as_ref()))
    };
    let all = metadata.workspace_packages();
    if !flags.packages.is_empty() {
        let mut chosen = Vec::new();
        for spec in &flags.packages {
            let matching: Vec<_> = all
                .iter()
                .filter(|package| matches(package, spec))
                .copied()
                .collect();
            if matching.is_empty() {
                return Vec::new();
            }
            chosen.extend(matching);
        }
        return chosen;
    }
    if has(&["--workspace", "--all"]) {
        let excluded = values(flags, "--exclude");
        let stays = |package: &&Package| !excluded.iter().any(|spec| matches(package, spec));
        return all.into_iter().filter(stays).collect();
    }
    metadata.workspace_default_packages()
}

/// The values of a flag that may be repeated.
fn values(flags: &CargoFlags, wanted: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut words = flags.flags.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match crate::cli::split_value(&word) {
            (name, Some(value)) if name == wanted => values.push(value.to_owned()),
            (name, None) if name == wanted => values.extend(words.next().map(Into::into)),
            _ => {}
        }
    }
    values
}

/// Whether a package is meant: by its name, with a version, or by a pattern.
fn matches(package: &Package, spec: &str) -> bool {
    let name = package.name.as_str();
    match spec.split_once('@') {
        Some((given, version)) => given == name && package.version.to_string() == version,
        None => fits(spec.as_bytes(), name.as_bytes()),
    }
}

/// cargo's patterns: those of a shell, without sets of characters.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            fits(rest, name)
                || name
                    .split_first()
                    .is_some_and(|(_, more)| fits(pattern, more))
        }
        (Some((b'?', rest)), Some((_, more))) => fits(rest, more),
        (Some((letter, rest)), Some((other, more))) => letter == other && fits(rest, more),
        _ => false,
    }
}

/// Groups members that are built alike, in the order of the first of each group.
pub(crate) fn parts(members: &[Member], flags: &CargoFlags) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for member in members {
        match parts
            .iter_mut()
            .find(|part| part.settings.is_like(&member.settings))
        {
            Some(part) => part.members.push(member.clone()),
            None => parts.push(Part {
                settings: member.settings.clone(),
                flags: flags.clone(),
                members: vec![member.clone()],
            }),
        }
    }
    if parts.len() < 2 {
        return parts;
    }
    let mut named: Vec<Part> = parts
        .iter()
        .filter_map(|part| narrowed(part, members, flags))
        .collect();
    // cargo reports unknown names.
    if named.is_empty() {
        named = parts;
        named.truncate(1);
    }
    named
}

/// Members without a target of their own, if others have one: those that no other member's build
/// compiles.
pub(crate) fn without_target(parts: &mut Vec<Part>) -> Vec<Member> {
    if !parts.iter().any(|part| part.settings.what().is_some()) {
        return Vec::new();
    }
    let (with, without): (Vec<Part>, Vec<Part>) = std::mem::take(parts)
        .into_iter()
        .partition(|part| part.settings.what().is_some());
    *parts = with;
    let built: Vec<&Member> = parts.iter().flat_map(|part| &part.members).collect();
    let left = without.into_iter().flat_map(|part| part.members);
    left.filter(|member| !built.iter().any(|other| member.is_used_by(other)))
        .collect()
}

/// A group with just the flags that concern it; none if the flags only name other groups' targets.
fn narrowed(part: &Part, all: &[Member], flags: &CargoFlags) -> Option<Part> {
    let mut kept: Vec<OsString> = Vec::new();
    let mut concerned = false;
    let mut names_targets = false;
    let mut words = flags.flags.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let (name, inline) = crate::cli::split_value(&text);
        let mut value = || {
            let next = || words.next().map(|word| word.to_string_lossy().into_owned());
            inline.map(str::to_owned).or_else(next)
        };
        match name {
            "-p" | "--package" | "--exclude" => {
                value();
            }
            "--workspace" | "--all" => {}
            "--bin" | "--example" | "--test" | "--bench" => {
                let wanted = value().unwrap_or_default();
                let kind = match name {
                    "--bin" => TargetKind::Bin,
                    "--example" => TargetKind::Example,
                    "--test" => TargetKind::Test,
                    _ => TargetKind::Bench,
                };
                names_targets = true;
                let theirs = |member: &Member| member.has_target(&kind, &wanted);
                if part.members.iter().any(theirs) || !all.iter().any(theirs) {
                    concerned |= part.members.iter().any(theirs);
                    kept.extend([name.into(), wanted.into()]);
                }
            }
            "--features" | "-F" => {
                let list = value().unwrap_or_default();
                let wanted: Vec<&str> = list
                    .split([',', ' '])
                    .filter(|name| !name.is_empty())
                    .filter(|name| {
                        part.members.iter().any(|member| member.has_feature(name))
                            || !all.iter().any(|member| member.has_feature(name))
                    })
                    .collect();
                if !wanted.is_empty() {
                    kept.extend(["--features".into(), wanted.join(",").into()]);
                }
            }
            _ => kept.push(word.clone()),
        }
    }
    if names_targets && !concerned {
        return None;
    }
    for member in &part.members {
        kept.extend(["-p".into(), member.name().into()]);
    }
    Some(Part {
        settings: part.settings.clone(),
        members: part.members.clone(),
        flags: CargoFlags {
            packages: part
                .members
                .iter()
                .map(|member| member.name().to_owned())
                .collect(),
            flags: kept,
            ..flags.clone()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::settings::Manifest;
    use std::path::Path;

    fn member(name: &str, board: &str, targets: &[(&str, &str)]) -> Member {
        let targets: Vec<_> = targets
            .iter()
            .map(|(kind, name)| {
                serde_json::json!({ "name": name, "kind": [kind], "crate_types": ["bin"], "src_path": "/p/x.rs", "edition": "2024" })
            })
            .collect();
        let package = serde_json::json!({
            "name": name, "version": "1.2.0", "id": name, "dependencies": [], "targets": targets,
            "features": { name.to_uppercase(): [] },
            "manifest_path": format!("/w/{name}/Cargo.toml"), "edition": "2024",
        });
        let text = match board {
            "" => String::new(),
            board => format!("[package.metadata.xsys]\nboard = \"{board}\""),
        };
        let path = format!("/w/{name}/Cargo.toml");
        let manifest = Manifest::parse(Path::new(&path), &text).unwrap();
        let package: Package = serde_json::from_value(package).unwrap();
        Member::new(&package, manifest.package())
    }

    fn read(line: &str) -> CargoFlags {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        CargoFlags::read(&words)
    }

    #[test]
    fn each_call_gets_what_concerns_it() {
        let members = [
            member("a", "pi", &[("bin", "a"), ("example", "e")]),
            member("b", "m3", &[("bin", "b")]),
            member("c", "pi", &[("bin", "c")]),
        ];
        for (line, expected) in [
            ("--release", &["--release -p a -p c", "--release -p b"][..]),
            ("--workspace --exclude d -q", &["-q -p a -p c", "-q -p b"]),
            ("-p a --package=b -pc", &["-p a -p c", "-p b"]),
            ("--bin b", &["--bin b -p b"]),
            ("--bin a --example=e", &["--bin a --example e -p a -p c"]),
            ("--bin nobody", &["--bin nobody"]),
            ("--features A,C", &["--features A,C -p a -p c", "-p b"]),
            (
                "-F B -Fb/x",
                &["-p a -p c", "--features B --features b/x -p b"],
            ),
            (
                "--features X",
                &["--features X -p a -p c", "--features X -p b"],
            ),
        ] {
            let lines: Vec<String> = parts(&members, &read(line))
                .iter()
                .map(|part| {
                    let words: Vec<_> = part
                        .flags
                        .flags
                        .iter()
                        .map(|word| word.to_string_lossy())
                        .collect();
                    words.join(" ")
                })
                .collect();
            assert_eq!(lines, expected, "{line}");
        }
        // Nothing is changed if there is just one call.
        let line = "--workspace --bin a --exclude b";
        let alike = [members[0].clone(), members[2].clone()];
        assert_eq!(parts(&alike, &read(line))[0].flags.flags, read(line).flags);
    }

    #[test]
    fn who_has_no_target_is_left_out_where_others_have_one() {
        let members = [
            member("a", "pi", &[]),
            member("tool", "", &[("bin", "tool")]),
        ];
        let mut all = parts(&members, &read(""));
        let left: Vec<String> = without_target(&mut all)
            .iter()
            .map(|member| member.name().to_owned())
            .collect();
        assert_eq!((all.len(), left), (1, vec!["tool".to_owned()]));
        let mut none = parts(&members[1..], &read(""));
        assert!(without_target(&mut none).is_empty());
        assert_eq!(none.len(), 1);
    }

    #[test]
    fn packages_are_named_as_for_cargo() {
        let package = member("board-a", "", &[]).package;
        for (spec, expected) in [
            ("board-a", true),
            ("board-a@1.2.0", true),
            ("board-a@1.3.0", false),
            ("board-*", true),
            ("*-?", true),
            ("board", false),
        ] {
            assert_eq!(matches(&package, spec), expected, "{spec}");
        }
    }
}
