//! What differs between two appliances or devices, part by part (`xsys fleet diff`).
//!
//! Manifests are compared, and the lists of software beside them: both describe a card, which is not needed itself.
//! Facts become rows ([`Row`]) of a part ([`Part`]): a fact has the same name on both sides, and is there on one side
//! only, or on both with two values. [`mod@text`] prints rows, once for devices that changed in the same way
//! ([`groups`]), and [`mod@find`] finds what to compare.

mod find;
mod groups;
#[cfg(test)]
mod hostile;
mod settings;
mod software;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::manifest::{self, Manifest};
use crate::ui::bytes;

pub(crate) use self::find::{Known, find};
pub(crate) use self::text::text;

/// Parts, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// Name, version, sources, tools.
    About,
    Programs,
    /// The kernel, its modules, and the packages that it and firmware are from.
    Kernel,
    Modules,
    /// The contents of the programs, and of the build.
    Crates,
    BuildCrates,
    Files,
    Settings,
    /// Sizes of partitions, and files on the boot partitions.
    Card,
}

impl Part {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::About => "About",
            Self::Programs => "Programs",
            Self::Kernel => "Kernel",
            Self::Modules => "Modules",
            Self::Crates => "Crates",
            Self::BuildCrates => "Crates of the build",
            Self::Files => "Files",
            Self::Settings => "Settings",
            Self::Card => "Card",
        }
    }
}

/// A fact that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub part: Part,
    pub name: String,
    /// None if the fact is not on this side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Bytes, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256_after: Option<String>,
}

impl Row {
    fn new(part: Part, name: &str, before: Option<String>, after: Option<String>) -> Self {
        Self {
            part,
            name: name.to_owned(),
            before,
            after,
            size_before: None,
            size_after: None,
            sha256_before: None,
            sha256_after: None,
        }
    }
}

/// Compares two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Differences {
    pub rows: Vec<Row>,
    /// Files with secrets on both sides: no file says whether they differ.
    pub not_compared: Vec<String>,
}

/// Compares two.
pub(crate) fn compare(before: &Known, after: &Known) -> Differences {
    let mut rows = Vec::new();
    let (one, other) = (&before.manifest, &after.manifest);
    facts(&mut rows, Part::About, &about(one), &about(other));
    programs(&mut rows, one, other);
    facts(&mut rows, Part::Kernel, &kernel(one), &kernel(other));
    modules(&mut rows, one, other);
    software::rows(&mut rows, &before.software, &after.software);
    let not_compared = files(&mut rows, one, other);
    facts(
        &mut rows,
        Part::Settings,
        &settings::facts(one),
        &settings::facts(other),
    );
    card(&mut rows, one, other);
    rows.sort_by_key(|row| row.part);
    Differences { rows, not_compared }
}

/// What differs between devices of two releases, or between two devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Devices that are on one side only.
    pub gone: Vec<String>,
    pub new: Vec<String>,
    /// Devices on both sides that differ.
    pub devices: BTreeMap<String, Differences>,
}

impl Comparison {
    /// Devices are compared by name; if there is only one on each side, these are compared.
    pub(crate) fn of(before: &BTreeMap<String, Known>, after: &BTreeMap<String, Known>) -> Self {
        let mut compared = Self::default();
        if let (1, 1) = (before.len(), after.len())
            && let (Some((one, before)), Some((other, after))) =
                (before.first_key_value(), after.first_key_value())
        {
            let name = match one == other {
                true => one.clone(),
                false => format!("{one} → {other}"),
            };
            compared.add(name, compare(before, after));
            return compared;
        }
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            match (before.get(name), after.get(name)) {
                (Some(before), Some(after)) => compared.add(name.clone(), compare(before, after)),
                (Some(_), None) => compared.gone.push(name.clone()),
                _ => compared.new.push(name.clone()),
            }
        }
        compared
    }

    fn add(&mut self, name: String, differences: Differences) {
        // The only difference may be one that cannot be seen.
        if !differences.rows.is_empty() {
            self.devices.insert(name, differences);
        }
    }

    pub(crate) fn is_equal(&self) -> bool {
        self.gone.is_empty() && self.new.is_empty() && self.devices.is_empty()
    }
}

/// Names and values.
type Facts = BTreeMap<String, String>;

/// Rows for values that differ.
fn facts(rows: &mut Vec<Row>, part: Part, before: &Facts, after: &Facts) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (before, after) = (before.get(name), after.get(name));
        if before != after {
            rows.push(Row::new(part, name, before.cloned(), after.cloned()));
        }
    }
}

fn about(manifest: &Manifest) -> Facts {
    let mut facts = Facts::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            facts.insert(name.to_owned(), value.to_owned());
        }
    };
    add("name", &manifest.name);
    add("version", &manifest.version);
    add("machine", &manifest.machine);
    add("target", &manifest.target);
    add("rustc", &manifest.rustc);
    add("xsys", &manifest.xsys);
    if let Some(source) = &manifest.source {
        let short = source.revision.get(..12).unwrap_or(&source.revision);
        let changed = if source.clean { "" } else { ", and changes" };
        add("sources", &format!("{short} of {}{changed}", source.date));
    }
    facts
}

fn kernel(manifest: &Manifest) -> Facts {
    let release = manifest.kernel.clone().map(|it| ("release".to_owned(), it));
    let packages = manifest.packages.iter();
    let packages = packages.map(|it| (it.name.clone(), it.version.clone()));
    release.into_iter().chain(packages).collect()
}

/// Those on one side only. That a crate is also needed by others is not a change.
fn modules(rows: &mut Vec<Row>, before: &Manifest, after: &Manifest) {
    let all = |manifest: &Manifest| -> Facts {
        let modules = manifest.modules.iter();
        modules
            .map(|it| (it.name.clone(), it.why.clone()))
            .collect()
    };
    let (mut one, mut other) = (all(before), all(after));
    one.retain(|name, _| other.remove(name).is_none());
    facts(rows, Part::Modules, &one, &other);
}

/// Something with bytes: its properties and its bytes.
struct Content {
    said: String,
    size: u64,
    sha256: String,
}

/// Rows for contents. If only bytes have changed, both sides show the same value.
fn contents(
    rows: &mut Vec<Row>,
    part: Part,
    before: &BTreeMap<String, Content>,
    after: &BTreeMap<String, Content>,
) {
    let said = |content: &Content| {
        let size = bytes(content.size);
        match content.said.is_empty() {
            true => size,
            false => format!("{}, {size}", content.said),
        }
    };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (before, after) = (before.get(name), after.get(name));
        if let (Some(one), Some(other)) = (before, after)
            && one.sha256 == other.sha256
            && one.said == other.said
        {
            continue;
        }
        let digest = |content: &Content| content.sha256.clone();
        rows.push(Row {
            size_before: before.map(|content| content.size),
            size_after: after.map(|content| content.size),
            sha256_before: before.map(digest),
            sha256_after: after.map(digest),
            ..Row::new(part, name, before.map(said), after.map(said))
        });
    }
}

fn programs(rows: &mut Vec<Row>, before: &Manifest, after: &Manifest) {
    let all = |manifest: &Manifest| -> BTreeMap<String, Content> {
        let init = manifest.init.iter().map(|it| ("xsys's init", it));
        let users = manifest.programs.iter().map(|it| (it.name.as_str(), it));
        let content = |(name, program): (&str, &manifest::Program)| {
            let mut said = program.version.clone();
            if !program.features.is_empty() {
                said = format!("{said} with {}", program.features.join(", "));
            }
            let content = Content {
                said: said.trim().to_owned(),
                size: program.size,
                sha256: program.sha256.clone(),
            };
            (name.to_owned(), content)
        };
        users.chain(init).map(content).collect()
    };
    contents(rows, Part::Programs, &all(before), &all(after));
}

/// Files whose contents are secret are compared as far as possible, and returned.
fn files(rows: &mut Vec<Row>, before: &Manifest, after: &Manifest) -> Vec<String> {
    let said = |file: &manifest::File| {
        let mut said = match file.mode.as_str() {
            "" => "without mode".to_owned(),
            mode => format!("mode {mode}"),
        };
        if (file.user, file.group) != (0, 0) {
            said = format!("{said}, of {}:{}", file.user, file.group);
        }
        if !file.secrets.is_empty() {
            said = format!("{said}, with the secret {}", file.secrets.join(", "));
        }
        said
    };
    let open = |manifest: &Manifest| -> BTreeMap<String, Content> {
        let files = manifest.files.iter();
        let content = |file: &manifest::File| {
            let content = Content {
                said: said(file),
                size: file.size?,
                sha256: file.sha256.clone()?,
            };
            Some((file.path.clone(), content))
        };
        files.filter_map(content).collect()
    };
    let secret = |manifest: &Manifest| -> Facts {
        let files = manifest.files.iter();
        let files = files.filter(|file| file.sha256.is_none());
        files.map(|file| (file.path.clone(), said(file))).collect()
    };
    contents(rows, Part::Files, &open(before), &open(after));
    let (one, other) = (secret(before), secret(after));
    facts(rows, Part::Files, &one, &other);
    let both = one.into_keys().filter(|path| other.contains_key(path));
    both.collect()
}

fn card(rows: &mut Vec<Row>, before: &Manifest, after: &Manifest) {
    let partitions = |manifest: &Manifest| -> Facts {
        let partitions = manifest.partitions.iter();
        partitions
            .map(|it| (format!("partition {}", it.name), bytes(it.size)))
            .collect()
    };
    facts(rows, Part::Card, &partitions(before), &partitions(after));
    let parts = |manifest: &Manifest| -> BTreeMap<String, Content> {
        let boot = match manifest.partitions.as_slice() {
            // Without an operating system there is no second one to choose.
            [only] => only.name.as_str(),
            _ => "BOOT-A",
        };
        let parts = manifest.select.iter().map(|part| ("SELECT", part));
        let parts = parts.chain(manifest.boot.iter().map(|part| (boot, part)));
        let content = |(partition, part): (&str, &manifest::Part)| {
            let name = match &part.piece {
                Some(piece) => format!("{partition}/{} ({piece})", part.path),
                None => format!("{partition}/{}", part.path),
            };
            let content = Content {
                said: String::new(),
                size: part.size,
                sha256: part.sha256.clone(),
            };
            (name, content)
        };
        parts.map(content).collect()
    };
    contents(rows, Part::Card, &parts(before), &parts(after));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A manifest and a list as text.
    pub(super) fn good() -> (serde_json::Value, serde_json::Value) {
        let manifest = json!({
            "format": 1, "name": "shop-01", "version": "1", "machine": "raspberry-pi-4",
            "target": "aarch64-unknown-linux-musl", "xsys": "0.1.0", "rustc": "1.95.0", "kernel": "6.1.0-57-arm64",
            "packages": [{ "name": "linux-image", "version": "6.1.192-3", "architecture": "arm64", "vendor": "debian", "sha256": "aa" }],
            "modules": [{ "name": "mmc", "for": "SD card" }],
            "programs": [{ "name": "shop", "package": "shop", "version": "0.1.0", "features": ["card"], "size": 2048, "sha256": "01" }],
            "init": { "name": "init", "package": "xsys-init", "version": "0.1.0", "size": 1024, "sha256": "02" },
            "files": [
                { "path": "/etc/shop.conf", "mode": "0644", "user": 0, "group": 0, "size": 10, "sha256": "03" },
                { "path": "/etc/shop.key", "mode": "0400", "user": 1000, "group": 1000, "secrets": ["token"] },
            ],
            "settings": { "hostname": "shop-01", "format": 1, "modules": ["/lib/modules/mmc.ko"],
                "network": [{ "interface": "eth0", "method": "dhcp" }],
                "services": [{ "name": "shop", "command": ["/bin/shop", "a b"] }, { "name": "shop", "command": ["/bin/x"] }] },
            "config-txt": ["kernel=kernel8.img"], "command-line": "console=tty1",
            "partitions": [{ "name": "BOOT-A", "start": 0, "size": 1024 }],
            "select": [], "boot": [{ "path": "initramfs.gz", "piece": "system", "size": 4096, "sha256": "04" }],
        });
        let library = |name: &str, version: &str, key: &str, scope: &str| json!({ "type": "library", "name": name, "version": version, "bom-ref": key, "scope": scope });
        let list = json!({ "components": [
            library("serde", "1.0.0", "cargo:serde@1.0.0", "required"),
            library("syn", "1.0.0", "cargo:syn@1.0.0", "excluded"),
            library("syn", "2.0.0", "cargo:syn@2.0.0", "excluded"),
            library("near", "0.1.0", "folder:near@0.1.0", "required"),
        ]});
        (manifest, list)
    }

    /// A device as its manifest and list would have it, with changes.
    fn device(change: impl FnOnce(&mut serde_json::Value, &mut serde_json::Value)) -> Known {
        let (mut manifest, mut list) = good();
        change(&mut manifest, &mut list);
        Known {
            manifest: serde_json::from_value(manifest).unwrap(),
            software: Some(software::Lists::read(&list)),
        }
    }

    /// Rows in short: part, name, before and after.
    fn rows(before: &Known, after: &Known) -> Vec<String> {
        let rows = compare(before, after).rows;
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        rows.iter()
            .map(|row| {
                let (before, after) = (side(&row.before), side(&row.after));
                format!("{:?} {}: {before} > {after}", row.part, row.name)
            })
            .collect()
    }

    #[test]
    fn what_is_the_same_is_not_told() {
        let (one, other) = (device(|_, _| {}), device(|_, _| {}));
        let differences = compare(&one, &other);
        assert_eq!(differences.rows, []);
        assert_eq!(differences.not_compared, ["/etc/shop.key"]);
        let all = |known: Known| BTreeMap::from([("shop-01".to_owned(), known)]);
        let compared = Comparison::of(&all(one), &all(other));
        assert!(compared.is_equal());
        assert_eq!(text(&compared), "");
    }

    #[test]
    fn each_part_is_compared() {
        let before = device(|_, _| {});
        let after = device(|manifest, list| {
            manifest["source"] =
                json!({ "revision": "0123456789abcdef", "clean": false, "date": "2026-01-02" });
            manifest["kernel"] = json!("6.1.0-58-arm64");
            manifest["packages"][0]["version"] = json!("6.1.193-1");
            manifest["modules"] = json!([{ "name": "mmc", "for": "card" }, { "name": "vfat", "for": "boot partition" }]);
            manifest["programs"][0]["sha256"] = json!("11");
            manifest["programs"][0]["features"] = json!([]);
            manifest["init"]["sha256"] = json!("12");
            manifest["files"][0]["mode"] = json!("0600");
            manifest["files"][1]["secrets"] = json!(["other"]);
            manifest["settings"]["network"] = json!([
                { "interface": "eth1", "method": "dhcp" }, { "interface": "eth0", "method": "static" },
            ]);
            manifest["settings"]["services"][1]["command"] = json!(["/bin/y"]);
            manifest["command-line"] = json!("console=tty1 quiet");
            manifest["partitions"][0]["size"] = json!(2048);
            manifest["boot"][0]["sha256"] = json!("14");
            list["components"][0]["version"] = json!("1.0.1");
            list["components"][1]["scope"] = json!("required");
            list["components"][3]["bom-ref"] = json!("git:near@0.1.0#0123");
        });
        assert_eq!(
            rows(&before, &after),
            [
                "About sources: - > 0123456789ab of 2026-01-02, and changes",
                "Programs shop: 0.1.0 with card, 2.0 KiB > 0.1.0, 2.0 KiB",
                "Programs xsys's init: 0.1.0, 1.0 KiB > 0.1.0, 1.0 KiB",
                "Kernel linux-image: 6.1.192-3 > 6.1.193-1",
                "Kernel release: 6.1.0-57-arm64 > 6.1.0-58-arm64",
                "Modules vfat: - > boot partition",
                "Crates near: 0.1.0 (directory) > 0.1.0 (git 0123)",
                "Crates serde: 1.0.0 > 1.0.1",
                "Crates syn: - > 1.0.0",
                "BuildCrates syn: 1.0.0 > -",
                "Files /etc/shop.conf: mode 0644, 10 B > mode 0600, 10 B",
                "Files /etc/shop.key: mode 0400, of 1000:1000, with the secret token > mode 0400, of 1000:1000, with the secret other",
                "Settings kernel-arguments: console=tty1 > console=tty1 quiet",
                "Settings network.eth0.method: \"dhcp\" > \"static\"",
                "Settings network.eth1.method: - > \"dhcp\"",
                "Settings services.shop[1].command: [\"/bin/x\"] > [\"/bin/y\"]",
                "Card partition BOOT-A: 1.0 KiB > 2.0 KiB",
                "Card BOOT-A/initramfs.gz (system): 4.0 KiB > 4.0 KiB",
            ]
        );
    }

    #[test]
    fn devices_that_differ_alike_are_told_of_once() {
        let fleet = |names: &[&str], version: &str| -> BTreeMap<String, Known> {
            let known = device(|manifest, _| manifest["version"] = json!(version));
            names
                .iter()
                .map(|name| ((*name).to_owned(), known.clone()))
                .collect()
        };
        let (before, after) = (fleet(&["a", "b", "c"], "1"), fleet(&["b", "c", "d"], "2"));
        let compared = Comparison::of(&before, &after);
        let expected = [
            "Only before: a",
            "Only after: d",
            "",
            "2 devices: b, c",
            "About",
            "  ~ version  1 → 2",
            "Not compared, because of the secrets in them",
            "    /etc/shop.key",
            "",
        ];
        let expected = expected.join("\n");
        assert_eq!(text(&compared), expected);
        // Each has its name in its files and its archive.
        let fleet_of = |of: &[(&str, u64)], larger: u64| -> BTreeMap<String, Known> {
            let known = of.iter().map(|(name, size)| {
                let known = device(|manifest, _| {
                    let size = size + larger;
                    manifest["files"][0]["size"] = json!(size);
                    manifest["files"][0]["sha256"] = json!(format!("{name}{larger}"));
                    manifest["boot"][0]["size"] = json!(400 + size % 3);
                    manifest["boot"][0]["sha256"] = json!(format!("{name}{larger}"));
                });
                ((*name).to_owned(), known)
            });
            known.collect()
        };
        let names = [("a", 10), ("shop", 13), ("very-long", 18)];
        let compared = Comparison::of(&fleet_of(&names, 0), &fleet_of(&names, 4));
        let expected = [
            "3 devices: a, shop, very-long",
            "Files",
            "  ~ /etc/shop.conf  mode 0644, 10–18 B → mode 0644, 14–22 B (+4 B)",
            "Card",
            "  ~ BOOT-A/initramfs.gz (system)  400–401 B → 401–402 B (+1 B)",
            "Not compared, because of the secrets in them",
            "    /etc/shop.key",
            "",
        ];
        assert_eq!(text(&compared), expected.join("\n"));
        // A file that has grown in only one of them is another change.
        let mut after = fleet_of(&names, 4);
        after.extend(fleet_of(&names[..1], 9));
        let compared = Comparison::of(&fleet_of(&names, 0), &after);
        assert!(text(&compared).contains("2 devices: shop, very-long"));
        // One is compared with one, whatever they are called.
        let compared = Comparison::of(&fleet(&["a"], "1"), &fleet(&["b"], "1"));
        assert!(compared.is_equal());
    }
}
