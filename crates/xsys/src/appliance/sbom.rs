//! The list of an appliance's software (software bill of materials, SBOM), for programs that look for vulnerabilities
//! and licences: CycloneDX 1.5 in JSON (<https://cyclonedx.org/docs/1.5/json/>).
//!
//! It lists the programs and the init with their crates, the standard library with its own, musl, and the packages that
//! contain kernel and firmware. Crates that only took part in the build (procedural macros, build scripts and their
//! dependencies) have the scope `excluded`; crates of tests are not listed. Crates with a package URL can be looked up;
//! a crate from a directory has none, so that it is not taken for its namesake on crates.io.
//!
//! The same contents give the same text: there is no time, and the serial number is computed from the rest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::crates::{Crate, Origin};
use super::library::Library;
use super::manifest::{File, Package};
use super::system::Program;

/// What the list is about.
pub(super) struct Contents<'a> {
    /// The appliance's or device's name.
    pub name: &'a str,
    pub version: &'a str,
    pub machine: &'a str,
    pub target: &'a str,
    /// The programs, including the init.
    pub programs: Vec<&'a Program>,
    /// None where there is no operating system.
    pub kernel: Option<Kernel<'a>>,
    /// Debian packages of which something is on the card.
    pub packages: &'a [Package],
    /// The user's. Those with secrets are not listed.
    pub files: &'a [File],
}

/// The kernel.
pub(super) struct Kernel<'a> {
    pub version: Option<&'a str>,
    pub sha256: &'a str,
    /// The package that contains it.
    pub package: Option<&'a str>,
}

/// The list as it is written.
pub(super) fn text(contents: &Contents<'_>) -> String {
    let mut list = List::default();
    let mut top = BTreeSet::new();
    let mut complete = true;
    for program in &contents.programs {
        complete &= program.crates.is_some();
        top.insert(list.program(program));
    }
    top.extend(list.kernel(contents.kernel.as_ref(), contents.packages));
    top.extend(contents.files.iter().filter_map(|file| list.file(file)));
    let root = format!("appliance:{}", contents.name);
    list.needs.insert(root.clone(), top);

    let version = contents.version;
    let component = object([
        ("type", json!("firmware")),
        ("bom-ref", json!(root)),
        ("name", json!(contents.name)),
        ("version", known(version)),
        (
            "properties",
            json!([
                { "name": "xsys:machine", "value": contents.machine },
                { "name": "xsys:target", "value": contents.target },
            ]),
        ),
    ]);
    let tool = json!({
        "type": "application", "name": "xsys", "version": env!("CARGO_PKG_VERSION"),
    });
    let needs = list
        .needs
        .iter()
        .map(|(key, needs)| match needs.is_empty() {
            true => json!({ "ref": key }),
            false => json!({ "ref": key, "dependsOn": needs }),
        });
    let rest = json!({
        "version": 1,
        "metadata": { "tools": { "components": [tool] }, "component": component },
        "components": list.components.values().collect::<Vec<_>>(),
        "dependencies": needs.collect::<Vec<_>>(),
        "compositions": [{
            "aggregate": if complete { "complete" } else { "incomplete" },
            "assemblies": [root],
        }],
    });
    let serial = serial(&rest.to_string());
    let mut whole = object([
        ("bomFormat", json!("CycloneDX")),
        ("specVersion", json!("1.5")),
        ("serialNumber", json!(serial)),
    ]);
    if let (Value::Object(whole), Value::Object(rest)) = (&mut whole, rest) {
        whole.extend(rest);
    }
    format!("{whole:#}\n")
}

#[derive(Default)]
struct List {
    /// By their references.
    components: BTreeMap<String, Value>,
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl List {
    /// A program with its crates.
    fn program(&mut self, program: &Program) -> String {
        let crates = program.crates.as_deref();
        let package = crates.map_or("", |it| it.package.as_str());
        let none = BTreeSet::new();
        let features = crates.map_or(&none, |it| &it.features);
        let facts = [("cargo:package", package)];
        let key = format!("program:{package}/{}", program.name);
        let component = object([
            ("type", json!("application")),
            ("bom-ref", json!(key)),
            ("name", json!(program.name)),
            ("version", known(crates.map_or("", |it| &it.version))),
            ("scope", json!("required")),
            ("hashes", hashes(Some(&program.content.sha256))),
            (
                "licenses",
                licenses(crates.and_then(|it| it.license.as_deref())),
            ),
            ("properties", properties(features, &facts)),
        ]);
        self.components.insert(key.clone(), component);
        let mut needs = BTreeSet::new();
        if let Some(crates) = crates {
            needs.extend(crates.needs.iter().cloned());
            needs.insert(self.library(&crates.library));
            for (key, one) in &crates.crates {
                self.add_crate(key, one);
            }
        }
        self.needs.insert(key.clone(), needs);
        key
    }

    /// A file of the user's.
    fn file(&mut self, file: &File) -> Option<String> {
        let sha256 = file.sha256.as_deref()?;
        let key = format!("file:{}", file.path);
        let component = object([
            ("type", json!("file")),
            ("bom-ref", json!(key)),
            ("name", json!(file.path)),
            ("scope", json!("required")),
            ("hashes", hashes(Some(sha256))),
        ]);
        self.components.insert(key.clone(), component);
        self.needs.insert(key.clone(), BTreeSet::new());
        Some(key)
    }

    /// A crate in several programs has one entry.
    fn add_crate(&mut self, key: &str, one: &Crate) {
        let needs = self.needs.entry(key.to_owned()).or_default();
        needs.extend(one.needs.iter().cloned());
        let mut features = one.features.clone();
        let mut build_only = one.build_only;
        if let Some(before) = self.components.get(key) {
            let was_build_only = before["scope"] == "excluded";
            let of_before = before["properties"].as_array().into_iter().flatten();
            let of_before = of_before.filter_map(|feature| feature["value"].as_str());
            // Dependencies that it only has on the building machine do not count.
            match (was_build_only, build_only) {
                (true, false) => {}
                (false, true) => features = of_before.map(str::to_owned).collect(),
                _ => features.extend(of_before.map(str::to_owned)),
            }
            build_only &= was_build_only;
        }
        let source = match &one.origin {
            Origin::Git {
                address: Some(address),
                ..
            }
            | Origin::Registry(Some(address)) => json!([{
                "type": if matches!(one.origin, Origin::Git { .. }) { "vcs" } else { "distribution" },
                "url": address,
            }]),
            _ => Value::Null,
        };
        let component = object([
            ("type", json!("library")),
            ("bom-ref", json!(key)),
            ("name", json!(one.name)),
            ("version", known(&one.version)),
            (
                "scope",
                json!(if build_only { "excluded" } else { "required" }),
            ),
            ("hashes", hashes(one.checksum.as_deref())),
            ("licenses", licenses(one.license.as_deref())),
            ("purl", purl(one).map_or(Value::Null, Value::from)),
            ("externalReferences", source),
            ("properties", properties(&features, &[])),
        ]);
        self.components.insert(key.to_owned(), component);
    }

    /// The standard library, with its crates and musl.
    fn library(&mut self, library: &Library) -> String {
        let key = format!("rust:std@{}", library.version);
        let release = library.version.split('-').next().unwrap_or_default();
        let component = object([
            ("type", json!("library")),
            ("bom-ref", json!(key)),
            ("name", json!("std")),
            ("version", known(&library.version)),
            ("description", json!("Rust's standard library")),
            ("scope", json!("required")),
            ("licenses", licenses(Some("MIT OR Apache-2.0"))),
            (
                "cpe",
                json!(format!("cpe:2.3:a:rust-lang:rust:{release}:*:*:*:*:*:*:*")),
            ),
            (
                "purl",
                json!(format!("pkg:generic/rust-std@{}", library.version)),
            ),
            (
                "properties",
                properties(&BTreeSet::new(), &[("rustc:commit", &library.commit)]),
            ),
        ]);
        self.components.insert(key.clone(), component);
        let mut needs = BTreeSet::new();
        for one in &library.crates {
            let of_std = Crate {
                name: one.name.clone(),
                version: one.version.clone(),
                origin: Origin::CratesIo,
                checksum: one.checksum.clone(),
                license: None,
                features: BTreeSet::new(),
                build_only: false,
                needs: BTreeSet::new(),
            };
            let key = format!("cargo:{}@{}", one.name, one.version);
            self.add_crate(&key, &of_std);
            needs.insert(key);
        }
        if let Some(version) = &library.musl {
            let musl = format!("musl@{version}");
            let component = object([
                ("type", json!("library")),
                ("bom-ref", json!(musl)),
                ("name", json!("musl")),
                ("version", json!(version)),
                ("scope", json!("required")),
                ("licenses", licenses(Some("MIT"))),
                (
                    "cpe",
                    json!(format!("cpe:2.3:a:musl-libc:musl:{version}:*:*:*:*:*:*:*")),
                ),
                ("purl", json!(format!("pkg:generic/musl@{version}"))),
            ]);
            self.components.insert(musl.clone(), component);
            self.needs.insert(musl.clone(), BTreeSet::new());
            needs.insert(musl);
        }
        self.needs.insert(key.clone(), needs);
        key
    }

    /// The kernel, and the packages that it and its firmware are from.
    fn kernel(&mut self, kernel: Option<&Kernel<'_>>, packages: &[Package]) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for package in packages {
            let key = format!("deb:{}@{}", package.name, package.version);
            let has_kernel = kernel.and_then(|it| it.package) == Some(&package.name);
            let (name, version) = (&package.name, &package.version);
            let component = object([
                (
                    "type",
                    json!(if has_kernel {
                        "operating-system"
                    } else {
                        "firmware"
                    }),
                ),
                ("bom-ref", json!(key)),
                ("name", json!(name)),
                ("version", known(version)),
                ("scope", json!("required")),
                ("hashes", hashes(Some(&package.sha256))),
                (
                    "purl",
                    json!(format!(
                        "pkg:deb/{}/{}@{}?arch={}",
                        encoded(&package.vendor),
                        encoded(name),
                        encoded(version),
                        encoded(&package.architecture)
                    )),
                ),
            ]);
            self.components.insert(key.clone(), component);
            self.needs.insert(key.clone(), BTreeSet::new());
            keys.insert(key);
        }
        if let Some(kernel) = kernel.filter(|kernel| kernel.package.is_none()) {
            let key = "kernel".to_owned();
            let component = object([
                ("type", json!("operating-system")),
                ("bom-ref", json!(key)),
                ("name", json!("linux")),
                ("version", known(kernel.version.unwrap_or_default())),
                ("scope", json!("required")),
                ("hashes", hashes(Some(kernel.sha256))),
            ]);
            self.components.insert(key.clone(), component);
            self.needs.insert(key.clone(), BTreeSet::new());
            keys.insert(key);
        }
        keys
    }
}

/// An object without what is not known.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
    let fields: Map<String, Value> = fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Value::Object(fields)
}

fn known(text: &str) -> Value {
    match text.is_empty() {
        true => Value::Null,
        false => json!(text),
    }
}

fn hashes(sha256: Option<&str>) -> Value {
    match sha256 {
        Some(digest) => json!([{ "alg": "SHA-256", "content": digest }]),
        None => Value::Null,
    }
}

/// Features come before other properties.
fn properties(features: &BTreeSet<String>, more: &[(&str, &str)]) -> Value {
    let features = features.iter().map(|name| ("cargo:feature", name.as_str()));
    let all = features.chain(more.iter().copied());
    let all: Vec<Value> = all
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    match all.is_empty() {
        true => Value::Null,
        false => json!(all),
    }
}

/// An SPDX expression where it is one, or else a name.
fn licenses(license: Option<&str>) -> Value {
    let Some(license) = license.filter(|text| !text.trim().is_empty()) else {
        return Value::Null;
    };
    // The form of manifests before 2019.
    let expression = license.replace('/', " OR ");
    let expression = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || " .-+():".contains(letter);
    let joined = |words: &mut dyn Iterator<Item = &str>| {
        let is_joint = |word: &str| ["AND", "OR", "WITH"].contains(&word);
        words
            .enumerate()
            .all(|(at, word)| is_joint(word) == (at % 2 == 1))
    };
    let bare = expression.replace(['(', ')'], " ");
    match expression.chars().all(allowed) && joined(&mut bare.split_whitespace()) {
        true => json!([{ "expression": expression }]),
        false => json!([{ "license": { "name": license } }]),
    }
}

/// The package URL of a crate.
fn purl(one: &Crate) -> Option<String> {
    let plain = format!("pkg:cargo/{}@{}", encoded(&one.name), encoded(&one.version));
    match &one.origin {
        Origin::CratesIo => Some(plain),
        Origin::Registry(address) => Some(format!(
            "{plain}?repository_url={}",
            encoded(address.as_ref()?)
        )),
        Origin::Git { address, commit } => {
            let commit = commit
                .as_ref()
                .map_or(String::new(), |commit| format!("@{commit}"));
            let address = format!("git+{}{commit}", address.as_ref()?);
            Some(format!("{plain}?vcs_url={}", encoded(&address)))
        }
        Origin::Directory => None,
    }
}

/// A part of a package URL.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'.' | b'-' | b'_' | b'~' | b':' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A UUID of some content (version 8, RFC 9562: custom).
fn serial(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |range: std::ops::Range<usize>| -> String {
        bytes[range]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let parts = [hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16)];
    format!("urn:uuid:{}", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::appliance::crates;
    use crate::appliance::piece::Piece;

    fn program(name: &str, crates: &[(&str, &str, Origin, bool)]) -> Program {
        let one = |(name, version, origin, build_only): &(&str, &str, Origin, bool)| {
            let one = Crate {
                name: (*name).to_owned(),
                version: (*version).to_owned(),
                origin: origin.clone(),
                checksum: Some("0".repeat(64)),
                license: Some("MIT/Apache-2.0".to_owned()),
                features: BTreeSet::from([
                    if *build_only { "of-build" } else { "of-run" }.to_owned()
                ]),
                build_only: *build_only,
                needs: BTreeSet::new(),
            };
            (format!("{name}@{version}"), one)
        };
        let crates: BTreeMap<_, _> = crates.iter().map(one).collect();
        let library = Library {
            version: "1.95.0".to_owned(),
            commit: "abc".to_owned(),
            musl: Some("1.2.5".to_owned()),
            ..Library::default()
        };
        Program {
            name: name.to_owned(),
            content: Piece::new(&b"ELF"[..]),
            crates: Some(Arc::new(crates::Program {
                name: name.to_owned(),
                package: "shop".to_owned(),
                version: "0.1.0".to_owned(),
                license: None,
                features: BTreeSet::new(),
                needs: crates.keys().cloned().collect(),
                crates,
                library: Arc::new(library),
            })),
        }
    }

    fn list(programs: &[Program], name: &str) -> Value {
        let file = |path: &str, sha256: Option<String>| File {
            path: path.to_owned(),
            mode: "0600".to_owned(),
            user: 0,
            group: 0,
            size: None,
            sha256,
            secrets: Vec::new(),
        };
        let text = text(&Contents {
            name,
            version: "1.0",
            machine: "raspberry-pi-4",
            target: "aarch64-unknown-linux-musl",
            programs: programs.iter().collect(),
            kernel: Some(Kernel {
                version: Some("6.1.0"),
                sha256: &"2".repeat(64),
                package: Some("linux-image-6.1.0"),
            }),
            packages: &[Package {
                name: "linux-image-6.1.0".to_owned(),
                version: "1:6.1.0+b1-1~x".to_owned(),
                architecture: "arm64".to_owned(),
                sha256: "3".repeat(64),
                vendor: "debian".to_owned(),
            }],
            files: &[
                file("/etc/open", Some("4".repeat(64))),
                file("/etc/key", None),
            ],
        });
        assert!(!text.contains("/etc/key"), "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What the specification's schema asks of a list: <https://cyclonedx.org/schema/bom-1.5.schema.json>.
    #[track_caller]
    fn check(list: &Value) {
        assert_eq!(list["bomFormat"], "CycloneDX");
        assert_eq!(list["specVersion"], "1.5");
        let serial = list["serialNumber"].as_str().unwrap();
        let digits = serial.strip_prefix("urn:uuid:").unwrap().split('-');
        let digits: Vec<usize> = digits.map(|part| part.len()).collect();
        assert_eq!(digits, [8, 4, 4, 4, 12], "{serial}");
        let components = list["components"].as_array().unwrap();
        let mut keys = BTreeSet::new();
        let types = [
            "application",
            "library",
            "firmware",
            "operating-system",
            "file",
        ];
        for component in components.iter().chain([&list["metadata"]["component"]]) {
            let key = component["bom-ref"].as_str().unwrap();
            assert!(keys.insert(key), "{key} is there twice");
            assert!(
                !component["name"].as_str().unwrap().is_empty(),
                "{component}"
            );
            assert!(
                types.contains(&component["type"].as_str().unwrap()),
                "{component}"
            );
            for hash in component["hashes"].as_array().into_iter().flatten() {
                assert_eq!(hash["alg"], "SHA-256");
                assert_eq!(hash["content"].as_str().unwrap().len(), 64);
            }
            for license in component["licenses"].as_array().into_iter().flatten() {
                assert!(
                    license["expression"].is_string() || license["license"]["name"].is_string()
                );
            }
            for reference in component["externalReferences"]
                .as_array()
                .into_iter()
                .flatten()
            {
                assert!(reference["url"].is_string());
                assert!(["vcs", "distribution"].contains(&reference["type"].as_str().unwrap()));
            }
        }
        let mut listed = BTreeSet::new();
        for needs in list["dependencies"].as_array().unwrap() {
            let key = needs["ref"].as_str().unwrap();
            assert!(listed.insert(key), "{key} is there twice");
            assert!(keys.contains(key), "{key}");
            for needed in needs["dependsOn"].as_array().into_iter().flatten() {
                assert!(keys.contains(needed.as_str().unwrap()), "{needed}");
            }
        }
        assert_eq!(listed, keys);
    }

    fn component<'l>(list: &'l Value, name: &str) -> &'l Value {
        let mut components = list["components"].as_array().unwrap().iter();
        components
            .find(|component| component["name"] == name)
            .unwrap()
    }

    #[test]
    fn a_list_is_as_the_specification_wants_it() {
        let git = Origin::Git {
            address: Some("https://a.b/c".to_owned()),
            commit: Some("123".to_owned()),
        };
        let crates = [
            ("serde", "1.0.0+x", Origin::CratesIo, false),
            ("syn", "2.0.0", Origin::CratesIo, true),
            ("near", "0.1.0", Origin::Directory, false),
            ("far", "0.2.0", git, false),
        ];
        // In the other program serde is a build script's.
        let others = [("serde", "1.0.0+x", Origin::CratesIo, true)];
        let programs = [program("shop", &crates), program("kiosk", &others)];
        let list = list(&programs, "shop-01");
        check(&list);
        assert_eq!(
            component(&list, "serde")["purl"],
            "pkg:cargo/serde@1.0.0%2Bx"
        );
        assert_eq!(component(&list, "serde")["scope"], "required");
        let features = &component(&list, "serde")["properties"];
        assert_eq!(
            features,
            &json!([{ "name": "cargo:feature", "value": "of-run" }])
        );
        assert_eq!(component(&list, "syn")["scope"], "excluded");
        assert_eq!(component(&list, "near").get("purl"), None);
        assert_eq!(
            component(&list, "far")["purl"],
            "pkg:cargo/far@0.2.0?vcs_url=git%2Bhttps:%2F%2Fa.b%2Fc%40123"
        );
        assert_eq!(
            component(&list, "linux-image-6.1.0")["purl"],
            "pkg:deb/debian/linux-image-6.1.0@1:6.1.0%2Bb1-1~x?arch=arm64"
        );
        assert_eq!(component(&list, "musl")["version"], "1.2.5");
        assert_eq!(component(&list, "/etc/open")["type"], "file");
        assert_eq!(list["compositions"][0]["aggregate"], "complete");
    }

    #[test]
    fn the_serial_number_is_the_contents() {
        let programs = [program("shop", &[])];
        let one = list(&programs, "a");
        assert_eq!(one, list(&programs, "a"));
        assert_ne!(one["serialNumber"], list(&programs, "b")["serialNumber"]);
    }

    #[test]
    fn licences_are_expressions_where_they_are() {
        for (said, expected) in [
            (
                "MIT/Apache-2.0",
                json!([{ "expression": "MIT OR Apache-2.0" }]),
            ),
            (
                "(MIT OR Apache-2.0) AND Unicode-3.0",
                json!([{ "expression": "(MIT OR Apache-2.0) AND Unicode-3.0" }]),
            ),
            (
                "Apache-2.0 WITH LLVM-exception",
                json!([{ "expression": "Apache-2.0 WITH LLVM-exception" }]),
            ),
            ("our own", json!([{ "license": { "name": "our own" } }])),
            ("ask <us>", json!([{ "license": { "name": "ask <us>" } }])),
            ("", Value::Null),
        ] {
            assert_eq!(licenses(Some(said)), expected, "{said}");
        }
    }
}
