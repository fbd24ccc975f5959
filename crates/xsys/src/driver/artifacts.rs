//! Artifact dependencies (cargo's `-Zbindeps`): programs of other packages, each for a target of its own, built by one
//! call of cargo.
//!
//! Problem: sysroot, linker and script belong to one target, but a call of cargo has only one set of flags that takes
//! effect (`CARGO_ENCODED_RUSTFLAGS`; tables of single targets are joined with the user's own, and a spec that the user
//! names is not the file that a sysroot was made for). So cargo calls rustc through this program ([`super::unstable`]),
//! which replaces the flags by those of the artifact's target and package. cargo compares the flags that it knows: they
//! contain a digest of the others, which is removed before rustc sees it.
//!
//! Spec: the Cargo Book, "artifact-dependencies".

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use xsys_diag::Diagnostic;

use crate::error::file;
use crate::files::replace;
use crate::variables;

/// A target of artifacts in cargo's unit graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The value of rustc's `--target`.
    pub platform: String,
    /// The directories of the packages whose programs are linked for it.
    pub packages: Vec<PathBuf>,
}

/// What the compiler is told for targets of artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    /// The flags that cargo passes for all targets, without the mark.
    main: Vec<String>,
    rows: Vec<Row>,
}

/// What the compiler is told for one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// cargo's name.
    pub platform: String,
    /// rustc's name.
    pub target: String,
    /// The name for build scripts.
    pub name: String,
    /// Whether a stable compiler considers it unstable.
    pub unstable: bool,
    pub flags: Vec<String>,
    /// The flags for packages with something to link, by their directories.
    pub packages: BTreeMap<PathBuf, Vec<String>>,
}

#[derive(Deserialize)]
struct UnitGraph {
    units: Vec<Unit>,
}

#[derive(Deserialize)]
struct Unit {
    target: UnitTarget,
    /// None for the host.
    platform: Option<String>,
}

#[derive(Deserialize)]
struct UnitTarget {
    kind: Vec<String>,
    src_path: PathBuf,
}

/// The targets in a unit graph (cargo's JSON) other than the one that cargo was asked for.
pub(crate) fn found(graph: &str, main: &str) -> Vec<Found> {
    let Ok(graph) = serde_json::from_str::<UnitGraph>(graph) else {
        return Vec::new();
    };
    let mut found: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for unit in graph.units {
        let Some(platform) = unit.platform.filter(|platform| platform != main) else {
            continue;
        };
        let packages = found.entry(platform).or_default();
        let linked = ["bin", "cdylib"];
        let is_linked = unit.target.kind.iter().any(|it| linked.contains(&&**it));
        let directory = package_directory(&unit.target.src_path).filter(|_| is_linked);
        packages.extend(directory.filter(|directory| !packages.contains(directory)));
    }
    let found = found.into_iter();
    found
        .map(|(platform, packages)| Found { platform, packages })
        .collect()
}

fn package_directory(source: &Path) -> Option<PathBuf> {
    let mut directories = source.ancestors().skip(1);
    directories
        .find(|directory| directory.join("Cargo.toml").is_file())
        .map(Path::to_owned)
}

/// Whether a program was built as an artifact of another package, so that it is not an output of
/// the build.
pub(crate) fn is_artifact(program: &Path) -> bool {
    let mut directories = program.ancestors();
    directories.any(|directory| directory.ends_with("deps/artifact"))
}

impl Table {
    pub(crate) fn new(main: Vec<String>, rows: Vec<Row>) -> Self {
        Self { main, rows }
    }

    /// The targets whose programs are linked with such a flag.
    pub(crate) fn targets(&self, with: fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let has_it = move |row: &&Row| {
            let mut flags = row.packages.values().flatten();
            flags.any(|flag| with(flag))
        };
        self.rows.iter().filter(has_it).map(|row| row.name.as_str())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A flag that changes when the flags of other targets change, so that cargo notices.
    pub(crate) fn mark(&self) -> String {
        let text = serde_json::to_vec(&self.rows).unwrap_or_default();
        let digest = Sha256::digest(text);
        let digits = digest[..8].iter().map(|byte| format!("{byte:02x}"));
        format!("--cfg=xsys_artifacts=\"{}\"", digits.collect::<String>())
    }

    /// Writes the table into a directory, under a name that follows from its content: other builds may be reading
    /// theirs.
    pub(crate) fn write(&self, directory: &Path) -> Result<PathBuf, Diagnostic> {
        let text = serde_json::to_vec(self)
            .map_err(|error| Diagnostic::error(format!("cannot prepare artifacts: {error}")))?;
        let digest = Sha256::digest(&text);
        let digits = digest[..8].iter().map(|byte| format!("{byte:02x}"));
        let path = directory.join(format!("{}.json", digits.collect::<String>()));
        if !path.is_file() {
            std::fs::create_dir_all(directory)
                .map_err(|error| file("create", directory, &error))?;
            replace(&path, &text)?;
        }
        Ok(path)
    }

    /// Changes rustc's arguments to those for their target; returns its row, if it is an
    /// artifact's.
    fn redirect(&self, args: &mut Vec<OsString>, package: Option<&Path>) -> Option<&Row> {
        let mark = self.mark();
        let row = self.rows.iter().find(|row| names(args, &row.platform));
        let Some(row) = row else {
            args.retain(|arg| *arg != *mark);
            return None;
        };
        let mut flags = row.flags.as_slice();
        if let Some(own) = package.and_then(|directory| row.packages.get(directory)) {
            flags = own;
        }
        let given: Vec<OsString> = self.main.iter().chain([&mark]).map(Into::into).collect();
        // Some calls have them in front, some at the end.
        let at = args.windows(given.len()).position(|part| part == given);
        if let Some(at) = at {
            args.splice(at..at + given.len(), flags.iter().map(OsString::from));
        }
        retarget(args, row);
        Some(row)
    }
}

/// Whether arguments name this target.
fn names(args: &[OsString], target: &str) -> bool {
    args.windows(2)
        .any(|pair| pair[0] == "--target" && pair[1] == target)
        || args.iter().any(|arg| *arg == *format!("--target={target}"))
}

fn retarget(args: &mut [OsString], row: &Row) {
    let joined = format!("--target={}", row.platform);
    for at in 0..args.len() {
        if args[at] == *joined {
            args[at] = format!("--target={}", row.target).into();
        } else if at > 0 && args[at - 1] == "--target" && args[at] == *row.platform {
            args[at] = row.target.clone().into();
        }
    }
}

/// What an artifact's compiler needs besides its arguments.
pub(crate) struct Redirected {
    pub unstable: bool,
    pub environment: Vec<(&'static str, String)>,
}

/// Replaces arguments when this program is called as a compiler and a table applies. A response file, which cargo
/// writes for this one call, is changed in place.
pub(crate) fn redirect(args: &mut Vec<OsString>) -> Option<Redirected> {
    let text = std::fs::read(std::env::var_os(variables::ARTIFACTS)?).ok()?;
    let table: Table = serde_json::from_slice(&text).ok()?;
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let mut row = table.redirect(args, package.as_deref());
    for path in args.iter().filter_map(|arg| response(arg)) {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let mut lines: Vec<OsString> = text.lines().map(Into::into).collect();
        row = row.or(table.redirect(&mut lines, package.as_deref()));
        let lines: Vec<_> = lines.iter().map(|line| line.to_string_lossy()).collect();
        // rustc will report that it cannot read it.
        let _ = std::fs::write(&path, lines.join("\n"));
    }
    row.map(|row| Redirected {
        unstable: row.unstable,
        environment: vec![(variables::TARGET, row.name.clone())],
    })
}

fn response(arg: &OsStr) -> Option<PathBuf> {
    arg.to_str()?.strip_prefix('@').map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn table() -> Table {
        let flags = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        let row = Row {
            platform: "/p/my.json".to_owned(),
            target: "/c/my.json".to_owned(),
            name: "my".to_owned(),
            unstable: true,
            flags: flags("--sysroot=/b"),
            packages: BTreeMap::from([(PathBuf::from("/p/inner"), flags("--sysroot=/b -Tx"))]),
        };
        Table::new(flags("--sysroot=/a -Clinker=x"), vec![row])
    }

    #[test]
    fn flags_are_those_of_the_target_and_the_package() {
        let table = table();
        let mark = table.mark();
        let main = format!("--sysroot=/a -Clinker=x {mark}");
        for (line, package, expected) in [
            (
                format!("a.rs --target host {main} -v"),
                "/p/inner",
                "a.rs --target host --sysroot=/a -Clinker=x -v",
            ),
            (
                format!("a.rs --target /p/my.json {main}"),
                "/p/inner",
                "a.rs --target /c/my.json --sysroot=/b -Tx",
            ),
            (
                format!("- {main} --target=/p/my.json"),
                "/p/other",
                "- --sysroot=/b --target=/c/my.json",
            ),
            // A crate for the host gets none of them.
            ("b.rs".to_owned(), "/p/inner", "b.rs"),
        ] {
            let mut args = words(&line);
            let row = table.redirect(&mut args, Some(Path::new(package)));
            assert_eq!(args, words(expected), "{line}");
            assert_eq!(row.is_some(), line.contains("my.json"), "{line}");
        }
    }

    #[test]
    fn other_flags_have_another_mark() {
        let mut other = table();
        other.rows[0].flags.clear();
        assert_ne!(other.mark(), table().mark());
    }

    #[test]
    fn other_targets_are_found_with_what_is_linked() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        std::fs::create_dir_all(at.join("src/bin")).unwrap();
        std::fs::write(at.join("Cargo.toml"), "").unwrap();
        let unit = |kind: &str, platform: Option<&str>| serde_json::json!({ "platform": platform, "target": { "kind": [kind], "src_path": at.join("src/bin/x.rs") } });
        let graph = serde_json::json!({ "units": [
            unit("bin", Some("t")), unit("bin", Some("t")), unit("lib", Some("u")), unit("bin", Some("main")), unit("bin", None),
        ] });
        let expected = [("t", vec![at.to_owned()]), ("u", vec![])];
        let expected = expected.map(|(platform, packages)| Found {
            platform: platform.to_owned(),
            packages,
        });
        assert_eq!(found(&graph.to_string(), "main"), expected);
        assert_eq!(found("no JSON", "main"), []);
    }

    #[test]
    fn artifacts_are_told_by_their_directory() {
        let path = "/t/thumbv7m/debug/deps/artifact/inner-1/bin/inner-1";
        assert!(is_artifact(Path::new(path)));
        assert!(!is_artifact(Path::new("/t/artifact/debug/deps/inner-1")));
    }
}
