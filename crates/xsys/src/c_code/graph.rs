//! Which crates of a build compile C code, or search for libraries written in C.
//!
//! cargo is asked for its unit graph: what it would run with these flags, features and members and for this target. A
//! crate is of interest if its build script *runs for the target* and depends on one of the crates that start a C
//! compiler or search the system. Procedural macros and build scripts that need C on the host are left to cargo and the
//! host's compiler.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a build script does about C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Compiles C code.
    Compile,
    /// Looks for a library on the system.
    Find,
    /// Reads C headers, to make bindings.
    Bind,
}

/// The crates that build scripts use for that.
const TOOLS: &[(&str, Task)] = &[
    ("autotools", Task::Compile),
    ("bindgen", Task::Bind),
    ("cc", Task::Compile),
    ("cmake", Task::Compile),
    ("cpp_build", Task::Compile),
    ("cxx-build", Task::Compile),
    ("gcc", Task::Compile),
    ("meson", Task::Compile),
    ("metadeps", Task::Find),
    ("nasm-rs", Task::Compile),
    ("pkg-config", Task::Find),
    ("system-deps", Task::Find),
    ("vcpkg", Task::Find),
];

/// A crate that has to do with C.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CCrate {
    pub name: String,
    pub version: String,
    pub tasks: BTreeSet<Task>,
    pub features: Vec<String>,
    pub build_script: PathBuf,
    /// The shortest way from a package that is built to this one, both included.
    pub path: Vec<String>,
}

impl CCrate {
    pub(crate) fn does(&self, task: Task) -> bool {
        self.tasks.contains(&task)
    }
}

/// Whether a lock file has any crate that [`crates`] would find: most projects have none, and cargo
/// need not be asked.
pub(crate) fn mentions_tools(lock: &str) -> bool {
    lock.lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .any(|name| task(name).is_some())
}

fn task(name: &str) -> Option<Task> {
    let row = TOOLS.iter().find(|(tool, _)| *tool == name)?;
    Some(row.1)
}

#[derive(Deserialize)]
struct UnitGraph {
    units: Vec<Unit>,
    roots: Vec<usize>,
}

#[derive(Deserialize)]
struct Unit {
    pkg_id: String,
    target: UnitTarget,
    /// None for the host.
    platform: Option<String>,
    mode: String,
    #[serde(default)]
    features: Vec<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct UnitTarget {
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Dependency {
    index: usize,
}

impl Unit {
    fn runs_for_target(&self) -> bool {
        self.mode == "run-custom-build" && self.platform.is_some()
    }

    fn is_build_script(&self) -> bool {
        self.target.kind.iter().any(|kind| kind == "custom-build")
    }
}

/// The crates in a unit graph (cargo's JSON) whose build scripts use C for the target, sorted by
/// name.
pub(crate) fn crates(json: &str) -> Result<Vec<CCrate>, serde_json::Error> {
    let graph: UnitGraph = serde_json::from_str(json)?;
    let paths = graph.shortest_paths();
    let mut found = BTreeMap::new();
    for (at, unit) in graph.units.iter().enumerate() {
        if !unit.runs_for_target() {
            continue;
        }
        let tasks = graph.tasks(unit);
        if tasks.is_empty() {
            continue;
        }
        let (name, version) = package(&unit.pkg_id);
        found.insert(
            (name.clone(), version.clone()),
            CCrate {
                name,
                version,
                tasks,
                features: unit.features.clone(),
                build_script: unit.target.src_path.clone(),
                path: paths.get(&at).cloned().unwrap_or_default(),
            },
        );
    }
    Ok(found.into_values().collect())
}

impl UnitGraph {
    /// What the dependencies of a build script do; their own build scripts run for the host.
    fn tasks(&self, run: &Unit) -> BTreeSet<Task> {
        let mut open: Vec<usize> = run.dependencies.iter().map(|dep| dep.index).collect();
        open.retain(|&index| {
            self.units
                .get(index)
                .is_some_and(|unit| unit.is_build_script() && unit.mode == "build")
        });
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        let mut tasks = BTreeSet::new();
        while let Some(unit) = open.pop().and_then(|index| self.units.get(index)) {
            for dependency in &unit.dependencies {
                let Some(library) = self.units.get(dependency.index) else {
                    continue;
                };
                if library.is_build_script() || !seen.insert(dependency.index) {
                    continue;
                }
                match task(&package(&library.pkg_id).0) {
                    // The dependencies of such a tool add nothing.
                    Some(task) => {
                        tasks.insert(task);
                    }
                    None => open.push(dependency.index),
                }
            }
        }
        tasks
    }

    /// For each unit the packages from a root to it, breadth first.
    fn shortest_paths(&self) -> BTreeMap<usize, Vec<String>> {
        let mut paths: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut open = VecDeque::new();
        for &root in &self.roots {
            if let Some(unit) = self.units.get(root) {
                paths.insert(root, vec![package(&unit.pkg_id).0]);
                open.push_back(root);
            }
        }
        while let Some(at) = open.pop_front() {
            let path = paths.get(&at).cloned().unwrap_or_default();
            let dependencies = self.units.get(at).map(|unit| &unit.dependencies);
            for dependency in dependencies.into_iter().flatten() {
                let Some(unit) = self.units.get(dependency.index) else {
                    continue;
                };
                if paths.contains_key(&dependency.index) {
                    continue;
                }
                let mut longer = path.clone();
                let name = package(&unit.pkg_id).0;
                if longer.last() != Some(&name) {
                    longer.push(name);
                }
                paths.insert(dependency.index, longer);
                open.push_back(dependency.index);
            }
        }
        paths
    }
}

/// Name and version out of a package id: `registry+URL#name@1.0.0`, `path+file:///a/name#1.0.0`,
/// or `name 1.0.0 (source)` of older cargos.
fn package(id: &str) -> (String, String) {
    let own = |(name, version): (&str, &str)| (name.to_owned(), version.to_owned());
    let Some((source, fragment)) = id.rsplit_once('#') else {
        let mut words = id.split(' ');
        return own((
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        ));
    };
    fragment.split_once('@').map_or_else(
        || {
            let source = source.split('?').next().unwrap_or(source);
            own((source.rsplit('/').next().unwrap_or(source), fragment))
        },
        own,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_from_ids() {
        for (id, expected) in [
            (
                "registry+https://github.com/rust-lang/crates.io-index#ring@0.17.14",
                ("ring", "0.17.14"),
            ),
            ("path+file:///src/app#0.1.0", ("app", "0.1.0")),
            ("path+file:///src/dir#app@0.1.0", ("app", "0.1.0")),
            ("git+https://example.org/x/y?rev=1#2.0.0", ("y", "2.0.0")),
            (
                "zstd-sys 2.1.3+zstd.1.5.7 (registry+x)",
                ("zstd-sys", "2.1.3+zstd.1.5.7"),
            ),
        ] {
            let (name, version) = package(id);
            assert_eq!((name.as_str(), version.as_str()), expected, "{id}");
        }
    }

    #[test]
    fn lock_files_tell_whether_to_ask() {
        assert!(mentions_tools(
            "[[package]]\nname = \"cc\"\nversion = \"1.0.0\"\n"
        ));
        assert!(!mentions_tools(
            "[[package]]\nname = \"cc-like\"\ndependencies = [\n \"ccc\",\n]\n"
        ));
        assert!(!mentions_tools(""));
    }

    /// A graph of units `(package, kind, mode, for the target, dependencies)`.
    fn graph(units: &[(&str, &str, &str, bool, &[usize])]) -> String {
        let units: Vec<_> = units
            .iter()
            .map(|(package, kind, mode, target, dependencies)| {
                serde_json::json!({
                    "pkg_id": format!("registry+u#{package}@1.0.0"),
                    "target": { "kind": [kind], "src_path": "/x/build.rs" },
                    "platform": target.then_some("a-b-c"),
                    "mode": mode,
                    "features": [],
                    "dependencies": dependencies
                        .iter()
                        .map(|index| serde_json::json!({ "index": index }))
                        .collect::<Vec<_>>(),
                })
            })
            .collect();
        serde_json::json!({ "version": 1, "units": units, "roots": [0] }).to_string()
    }

    #[test]
    fn what_runs_for_the_target_counts() {
        let json = graph(&[
            ("app", "bin", "build", true, &[1, 5, 9]),
            ("middle", "lib", "build", true, &[2]),
            ("ring", "lib", "build", true, &[3]),
            ("ring", "custom-build", "run-custom-build", true, &[4]),
            ("ring", "custom-build", "build", false, &[10]),
            // A macro whose own library is made in C, for the host.
            ("macros", "proc-macro", "build", false, &[6]),
            ("inner-sys", "lib", "build", false, &[7]),
            ("inner-sys", "custom-build", "run-custom-build", false, &[8]),
            ("inner-sys", "custom-build", "build", false, &[11]),
            ("ring", "lib", "build", true, &[3]),
            // cc, behind a library of build scripts.
            ("helper", "lib", "build", false, &[11]),
            ("cc", "lib", "build", false, &[]),
        ]);
        let found = crates(&json).unwrap();
        let names: Vec<_> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["ring"]);
        assert_eq!(found[0].tasks, BTreeSet::from([Task::Compile]));
        assert_eq!(found[0].path, ["app", "ring"], "the shortest way");
    }

    #[test]
    fn build_scripts_of_build_dependencies_are_the_hosts() {
        let json = graph(&[
            ("app", "bin", "build", true, &[1]),
            ("app", "custom-build", "run-custom-build", true, &[2]),
            ("app", "custom-build", "build", false, &[3]),
            ("generator", "lib", "build", false, &[4]),
            ("generator", "custom-build", "run-custom-build", false, &[5]),
            ("generator", "custom-build", "build", false, &[6]),
            ("cc", "lib", "build", false, &[]),
        ]);
        assert_eq!(crates(&json).unwrap(), []);
        assert!(crates("{}").is_err());
    }
}
