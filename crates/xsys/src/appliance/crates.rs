//! Which crates programs consist of, for the list of an appliance's software ([`super::sbom`]).
//!
//! cargo is asked for its unit graph: what it compiles for this command, with these features and for this target. So
//! crates for other systems, tests and unused features are not in it, however long the lock file is. Crates that are
//! part of the appliance are distinguished from those that only took part in the build: procedural macros, build
//! scripts and their dependencies. A crate's source and checksum come from the lock file, its licence from its own
//! manifest.
//!
//! Nothing here contains a path of the building machine: a crate in a directory is listed by its name, and addresses of
//! repositories only if others can reach them, without passwords.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::library::{self, Library};
use crate::driver::cargo;
use crate::driver::plan::Plan;
use crate::error::Result;
use crate::ui::Ui;

/// A crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crate {
    pub name: String,
    pub version: String,
    pub origin: Origin,
    /// SHA-256 of its package, if the lock file has it.
    pub checksum: Option<String>,
    /// The licence in its manifest.
    pub license: Option<String>,
    pub features: BTreeSet<String>,
    /// Whether it only takes part in the build.
    pub build_only: bool,
    /// Its dependencies, by their keys.
    pub needs: BTreeSet<Key>,
}

/// What identifies a crate: a name that is the same on all machines.
pub(crate) type Key = String;

/// Where a crate is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    CratesIo,
    /// Another registry, with its address if others can reach it.
    Registry(Option<String>),
    Git {
        address: Option<String>,
        commit: Option<String>,
    },
    /// A directory: the project's own, or beside it.
    Directory,
}

/// A program and the crates it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub name: String,
    pub package: String,
    pub version: String,
    pub license: Option<String>,
    pub features: BTreeSet<String>,
    pub needs: BTreeSet<Key>,
    /// All of them.
    pub crates: BTreeMap<Key, Crate>,
    /// Its dependencies.
    pub library: Arc<Library>,
}

/// The programs of a plan's build; none if cargo does not answer.
pub(crate) fn of(ui: &Ui, plan: &Plan) -> Result<Vec<Program>> {
    let Some(graph) = cargo::unit_graph(ui, plan)? else {
        return Ok(Vec::new());
    };
    let lock = std::fs::read_to_string(plan.project.workspace_root.join("Cargo.lock"));
    let library = Arc::new(library::of(plan));
    Ok(programs(&graph, &lock.unwrap_or_default(), &library).unwrap_or_default())
}

#[derive(Deserialize)]
struct UnitGraph {
    units: Vec<Unit>,
    roots: Vec<usize>,
}

#[derive(Deserialize)]
struct Unit {
    pkg_id: String,
    target: Target,
    /// None for the building machine.
    platform: Option<String>,
    mode: String,
    #[serde(default)]
    features: BTreeSet<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Dependency {
    index: usize,
}

impl Unit {
    fn is(&self, kind: &str) -> bool {
        self.target.kind.iter().any(|one| one == kind)
    }

    /// Whether its code is linked into the program, if that is so for the unit that depends on it.
    fn is_linked(&self) -> bool {
        self.platform.is_some()
            && self.mode == "build"
            && !self.is("proc-macro")
            && !self.is("custom-build")
    }
}

/// The lock file, by name and version.
#[derive(Default)]
struct Lock(BTreeMap<(String, String), Vec<Locked>>);

#[derive(Clone, Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

impl Lock {
    fn read(text: &str) -> Self {
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            package: Vec<Locked>,
        }
        let mut lock = Self::default();
        // cargo has read it a moment ago.
        if let Ok(file) = toml::from_str::<File>(text) {
            for package in file.package {
                let name = (package.name.clone(), package.version.clone());
                lock.0.entry(name).or_default().push(package);
            }
        }
        lock
    }

    /// The entry of a package, whose id begins with its source.
    fn get(&self, name: &str, version: &str, source: &str) -> Option<&Locked> {
        let entries = self.0.get(&(name.to_owned(), version.to_owned()))?;
        // A commit follows the address in the lock file, but not in the id.
        let bare = |text: &str| text.split(['#', '?']).next().unwrap_or(text).to_owned();
        let same = |entry: &&Locked| {
            let of_entry = entry.source.as_deref().unwrap_or("path+");
            match source.starts_with("path+") {
                true => entry.source.is_none(),
                false => bare(of_entry) == bare(source),
            }
        };
        entries.iter().find(same)
    }
}

/// The programs of a build and their crates: cargo's unit graph as JSON, and the lock file.
fn programs(graph: &str, lock: &str, library: &Arc<Library>) -> serde_json::Result<Vec<Program>> {
    let graph: UnitGraph = serde_json::from_str(graph)?;
    let lock = Lock::read(lock);
    let mut licenses = Licenses::default();
    let roots = graph.roots.iter().filter_map(|&root| graph.units.get(root));
    let programs = roots.filter(|unit| unit.is("bin") && unit.mode == "build");
    Ok(programs
        .map(|root| graph.program(root, &lock, &mut licenses, library))
        .collect())
}

impl UnitGraph {
    fn program(
        &self,
        root: &Unit,
        lock: &Lock,
        licenses: &mut Licenses,
        library: &Arc<Library>,
    ) -> Program {
        let mut crates: BTreeMap<Key, Crate> = BTreeMap::new();
        let mut needs_of: BTreeMap<Option<Key>, BTreeSet<Key>> = BTreeMap::new();
        // A unit, whether it is linked into the program, and the unit that depends on it; none for the program itself.
        let mut open = VecDeque::from([(root, true, None::<Key>)]);
        let mut seen = BTreeSet::new();
        while let Some((unit, linked, owner)) = open.pop_front() {
            for dependency in &unit.dependencies {
                let Some(needed) = self.units.get(dependency.index) else {
                    continue;
                };
                let linked = linked && needed.is_linked();
                // Build scripts count as their package.
                let is_script = needed.is("custom-build");
                let key = match is_script && needed.pkg_id == unit.pkg_id {
                    true => owner.clone(),
                    false => Some(self.add(&mut crates, needed, linked, lock, licenses)),
                };
                if let Some(key) = key.as_ref().filter(|_| key != owner) {
                    let needs = needs_of.entry(owner.clone()).or_default();
                    needs.insert(key.clone());
                }
                if seen.insert((dependency.index, linked, key.clone())) {
                    open.push_back((needed, linked, key));
                }
            }
        }
        for (owner, needs) in &mut needs_of {
            let Some(owner) = owner else { continue };
            if let Some(it) = crates.get_mut(owner) {
                it.needs = std::mem::take(needs);
            }
        }
        let (package, version, _) = named(&root.pkg_id);
        Program {
            name: root.target.name.clone(),
            license: licenses.of(&package, &root.target.src_path),
            package,
            version,
            features: root.features.clone(),
            needs: needs_of.remove(&None).unwrap_or_default(),
            crates,
            library: Arc::clone(library),
        }
    }

    fn add(
        &self,
        crates: &mut BTreeMap<Key, Crate>,
        unit: &Unit,
        linked: bool,
        lock: &Lock,
        licenses: &mut Licenses,
    ) -> Key {
        let (name, version, source) = named(&unit.pkg_id);
        let locked = lock.get(&name, &version, source);
        let origin = origin(source, locked.and_then(|entry| entry.source.as_deref()));
        let key = key(&name, &version, &origin);
        let entry = crates.entry(key.clone()).or_insert_with(|| Crate {
            license: licenses.of(&name, &unit.target.src_path),
            name,
            version,
            origin,
            checksum: locked.and_then(|entry| entry.checksum.clone()),
            features: BTreeSet::new(),
            build_only: true,
            needs: BTreeSet::new(),
        });
        match (linked, entry.build_only) {
            // Its features on the building machine do not matter here.
            (true, true) => (entry.features, entry.build_only) = (unit.features.clone(), false),
            (false, false) => {}
            _ => entry.features.extend(unit.features.iter().cloned()),
        }
        key
    }
}

/// Name, version and source from a package id: `registry+URL#name@1.0.0`, `path+file:///a/name#1.0.0`.
fn named(id: &str) -> (String, String, &str) {
    let (source, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    let (name, version) = fragment.rsplit_once('@').unwrap_or_else(|| {
        let address = source.split('?').next().unwrap_or(source);
        let last = address.trim_end_matches('/').rsplit('/').next();
        (last.unwrap_or(address).trim_end_matches(".git"), fragment)
    });
    (name.to_owned(), version.to_owned(), source)
}

const CRATES_IO: [&str; 2] = [
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io",
];

fn origin(source: &str, locked: Option<&str>) -> Origin {
    let source = locked.unwrap_or(source);
    let Some((kind, address)) = source.split_once('+') else {
        return Origin::Directory;
    };
    match kind {
        _ if CRATES_IO.contains(&source.trim_end_matches('/')) => Origin::CratesIo,
        "git" => {
            let (address, commit) = match address.split_once('#') {
                Some((address, commit)) => (address, Some(commit.to_owned())),
                None => (address, None),
            };
            let address = address.split('?').next().unwrap_or(address);
            Origin::Git {
                address: public(address),
                commit,
            }
        }
        "registry" | "sparse" => Origin::Registry(public(address)),
        _ => Origin::Directory,
    }
}

/// An address that others can reach, without user name and password.
fn public(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    if !["https", "http", "ssh", "git"].contains(&scheme) {
        return None;
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    Some(format!("{scheme}://{host}/{path}"))
}

fn key(name: &str, version: &str, origin: &Origin) -> Key {
    match origin {
        Origin::CratesIo => format!("cargo:{name}@{version}"),
        Origin::Registry(Some(address)) => format!("cargo:{name}@{version} ({address})"),
        Origin::Registry(None) => format!("cargo:{name}@{version} (another registry)"),
        Origin::Git {
            commit: Some(commit),
            ..
        } => format!("git:{name}@{version}#{commit}"),
        Origin::Git { .. } => format!("git:{name}@{version}"),
        Origin::Directory => format!("folder:{name}@{version}"),
    }
}

/// Licences from manifests, each read once.
#[derive(Default)]
struct Licenses(BTreeMap<PathBuf, Option<toml::Table>>);

impl Licenses {
    /// The manifest of the package that a source file belongs to.
    fn of(&mut self, package: &str, source: &Path) -> Option<String> {
        let mut inherited = false;
        for directory in source.ancestors().skip(1) {
            let Some(manifest) = self.manifest(&directory.join("Cargo.toml")) else {
                continue;
            };
            let in_workspace = || manifest.get("workspace")?.get("package")?.get("license");
            let own = manifest.get("package").filter(|_| !inherited);
            match own {
                Some(own) if own.get("name").and_then(|name| name.as_str()) == Some(package) => {
                    match own.get("license") {
                        Some(toml::Value::Table(_)) => inherited = true,
                        license => return license?.as_str().map(str::to_owned),
                    }
                }
                _ => {}
            }
            if let Some(license) = in_workspace().filter(|_| inherited) {
                return license.as_str().map(str::to_owned);
            }
        }
        None
    }

    fn manifest(&mut self, path: &Path) -> Option<&toml::Table> {
        let known = self.0.entry(path.to_owned()).or_insert_with(|| {
            let text = std::fs::read_to_string(path).ok()?;
            toml::from_str(&text).ok()
        });
        known.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A unit of cargo's graph.
    fn unit(
        id: &str,
        kind: &str,
        name: &str,
        for_target: bool,
        mode: &str,
        needs: &[usize],
    ) -> serde_json::Value {
        serde_json::json!({
            "pkg_id": id,
            "target": { "kind": [kind], "name": name, "src_path": "/nowhere/src/lib.rs", "edition": "2024" },
            "profile": {},
            "platform": for_target.then_some("aarch64-unknown-linux-musl"),
            "mode": mode,
            "features": [if for_target { "run" } else { "build" }],
            "dependencies": needs.iter().map(|index| serde_json::json!({ "index": index })).collect::<Vec<_>>(),
        })
    }

    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

    #[test]
    fn what_runs_is_told_from_what_builds() {
        let io = |name: &str| format!("{CRATES_IO}#{name}@1.0.0");
        let shop = "path+file:///home-of-nobody/ws/shop#0.2.0";
        let near = "path+file:///home-of-nobody/near.git#renamed@0.1.0";
        let far = "git+ssh://me:secret@example.org/far?branch=main#far@0.3.0";
        let graph = serde_json::json!({ "version": 1, "roots": [0, 1], "units": [
            unit(shop, "bin", "kiosk", true, "build", &[1, 2, 3, 4, 6, 8]),
            unit(shop, "lib", "shop", true, "build", &[2]),
            unit(&io("both"), "lib", "both", true, "build", &[]),
            unit(&io("derive"), "proc-macro", "derive", false, "build", &[5]),
            unit(shop, "custom-build", "build-script-build", true, "run-custom-build", &[7]),
            unit(&io("both"), "lib", "both", false, "build", &[]),
            unit(near, "lib", "renamed", true, "build", &[]),
            unit(shop, "custom-build", "build-script-build", false, "build", &[9]),
            unit(far, "lib", "far", true, "build", &[2]),
            unit(&io("tool"), "lib", "tool", false, "build", &[]),
        ]});
        let lock = format!(
            "version = 4\n[[package]]\nname = \"far\"\nversion = \"0.3.0\"\nsource = \"git+ssh://me:secret@example.org/far?branch=main#0123abc\"\n\
             [[package]]\nname = \"both\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\nchecksum = \"77\"\n\
             [[package]]\nname = \"shop\"\nversion = \"0.2.0\"\n[[package]]\nname = \"once_cell\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\n"
        );
        let programs = programs(&graph.to_string(), &lock, &Arc::default()).unwrap();
        assert_eq!(programs.len(), 1, "libraries are no programs");
        let kiosk = &programs[0];
        assert_eq!(
            (
                kiosk.name.as_str(),
                kiosk.package.as_str(),
                kiosk.version.as_str()
            ),
            ("kiosk", "shop", "0.2.0")
        );
        let of = |key: &str| &kiosk.crates[key];
        let keys: Vec<&String> = kiosk.crates.keys().collect();
        assert_eq!(
            keys,
            [
                "cargo:both@1.0.0",
                "cargo:derive@1.0.0",
                "cargo:tool@1.0.0",
                "folder:renamed@0.1.0",
                "folder:shop@0.2.0",
                "git:far@0.3.0#0123abc",
            ]
        );
        let build: Vec<&str> = kiosk
            .crates
            .values()
            .filter(|it| it.build_only)
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(build, ["derive", "tool"]);
        assert_eq!(
            of("cargo:both@1.0.0").features,
            BTreeSet::from(["run".to_owned()])
        );
        assert_eq!(of("cargo:both@1.0.0").checksum.as_deref(), Some("77"));
        assert_eq!(
            of("cargo:derive@1.0.0").needs,
            BTreeSet::from(["cargo:both@1.0.0".to_owned()])
        );
        // The build script's dependencies are the package's here, which is the program.
        assert!(
            kiosk.needs.contains("cargo:tool@1.0.0"),
            "{:?}",
            kiosk.needs
        );
        let Origin::Git { address, commit } = &of("git:far@0.3.0#0123abc").origin else {
            panic!()
        };
        assert_eq!(address.as_deref(), Some("ssh://example.org/far"));
        assert_eq!(commit.as_deref(), Some("0123abc"));
        assert!(!format!("{programs:?}").contains("home-of-nobody"));
        assert!(!format!("{programs:?}").contains("secret"));
    }

    #[test]
    fn only_addresses_that_others_can_reach_are_told() {
        for (source, expected) in [
            (
                "registry+https://github.com/rust-lang/crates.io-index",
                Origin::CratesIo,
            ),
            ("sparse+https://index.crates.io/", Origin::CratesIo),
            (
                "sparse+https://a.b/index/",
                Origin::Registry(Some("https://a.b/index/".to_owned())),
            ),
            ("registry+file:///srv/index", Origin::Registry(None)),
            ("path+file:///srv/a", Origin::Directory),
            (
                "git+file:///srv/a#12",
                Origin::Git {
                    address: None,
                    commit: Some("12".to_owned()),
                },
            ),
        ] {
            assert_eq!(origin(source, None), expected, "{source}");
        }
    }

    #[test]
    fn licences_are_inherited_as_versions_are() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "Cargo.toml",
            "[workspace]\n[workspace.package]\nlicense = \"MPL-2.0\"",
        );
        write(
            "a/Cargo.toml",
            "[package]\nname = \"a\"\nlicense.workspace = true",
        );
        write("b/Cargo.toml", "[package]\nname = \"b\"\nlicense = \"MIT\"");
        write("c/Cargo.toml", "[package]\nname = \"c\"");
        let mut licenses = Licenses::default();
        for (name, expected) in [
            ("a", Some("MPL-2.0")),
            ("b", Some("MIT")),
            ("c", None),
            ("d", None),
        ] {
            let source = directory.path().join(name).join("src/lib.rs");
            assert_eq!(licenses.of(name, &source).as_deref(), expected, "{name}");
        }
    }
}
