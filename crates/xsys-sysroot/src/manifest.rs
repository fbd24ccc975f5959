//! The manifests of the standard library and its dependencies, reduced to what a compiler call
//! needs: names, edition, features, dependencies.
//!
//! Spec: the Cargo book, "The Manifest Format". Only the keys that rust-src and the packages it
//! pins use are read; workspace inheritance does not occur there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_platform::Platform;
use serde::Deserialize;

use crate::Error;

/// One package.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub name: String,
    pub version: semver::Version,
    pub root: PathBuf,
    pub edition: String,
    pub lib_name: String,
    pub lib_path: PathBuf,
    pub features: BTreeMap<String, Vec<String>>,
    pub dependencies: Vec<Dependency>,
    /// Whether dependencies are private unless marked `public`.
    pub public_dependency: bool,
    pub build_script: Option<PathBuf>,
}

/// A normal dependency (build and development dependencies play no part).
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// The key in the manifest, which features refer to.
    pub key: String,
    pub package: String,
    /// Whether the key is another name than the package's: then it is the crate's name as well.
    pub renamed: bool,
    pub platform: Option<Platform>,
    pub optional: bool,
    pub features: Vec<String>,
    pub default_features: bool,
    pub public: bool,
    /// Relative to the package.
    pub path: Option<PathBuf>,
    pub requirement: semver::VersionReq,
}

#[derive(Deserialize)]
struct RawManifest {
    package: RawPackage,
    lib: Option<RawLib>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    dependencies: BTreeMap<String, RawDependency>,
    #[serde(default)]
    target: BTreeMap<String, RawTarget>,
    #[serde(default, rename = "cargo-features")]
    cargo_features: Vec<String>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    #[serde(default = "no_version")]
    version: semver::Version,
    #[serde(default = "first_edition")]
    edition: String,
    build: Option<RawBuild>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawBuild {
    Path(PathBuf),
    Use(bool),
}

#[derive(Deserialize)]
struct RawLib {
    name: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct RawTarget {
    #[serde(default)]
    dependencies: BTreeMap<String, RawDependency>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawDependency {
    Version(semver::VersionReq),
    Table(RawDependencyTable),
}

#[derive(Deserialize, Default)]
struct RawDependencyTable {
    version: Option<semver::VersionReq>,
    package: Option<String>,
    path: Option<PathBuf>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    features: Vec<String>,
    #[serde(rename = "default-features", alias = "default_features")]
    default_features: Option<bool>,
    #[serde(default)]
    public: bool,
}

fn no_version() -> semver::Version {
    semver::Version::new(0, 0, 0)
}

fn first_edition() -> String {
    "2015".to_owned()
}

/// Reads a text file of rust-src or of a package.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::Source {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

impl Package {
    /// Reads `root/Cargo.toml`.
    pub(crate) fn load(root: &Path) -> Result<Package, Error> {
        let path = root.join("Cargo.toml");
        Self::parse(root, &read(&path)?).map_err(|reason| Error::Source { path, reason })
    }

    fn parse(root: &Path, text: &str) -> Result<Package, String> {
        let raw: RawManifest = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut dependencies = Vec::new();
        for (key, dependency) in raw.dependencies {
            dependencies.push(Dependency::new(key, dependency, None));
        }
        for (platform, table) in raw.target {
            let platform: Platform = platform
                .parse()
                .map_err(|error| format!("target `{platform}`: {error}"))?;
            for (key, dependency) in table.dependencies {
                dependencies.push(Dependency::new(key, dependency, Some(platform.clone())));
            }
        }
        let lib_path = raw
            .lib
            .as_ref()
            .and_then(|lib| lib.path.clone())
            .unwrap_or_else(|| PathBuf::from("src/lib.rs"));
        let lib_name = raw
            .lib
            .and_then(|lib| lib.name)
            .unwrap_or_else(|| raw.package.name.replace('-', "_"));
        let build_script = match raw.package.build {
            Some(RawBuild::Use(false)) => None,
            Some(RawBuild::Path(path)) => Some(root.join(path)),
            Some(RawBuild::Use(true)) | None => {
                Some(root.join("build.rs")).filter(|path| path.is_file())
            }
        };
        Ok(Package {
            lib_path: root.join(lib_path),
            root: root.to_owned(),
            name: raw.package.name,
            version: raw.package.version,
            edition: raw.package.edition,
            lib_name,
            features: raw.features,
            dependencies,
            public_dependency: raw
                .cargo_features
                .iter()
                .any(|name| name == "public-dependency"),
            build_script,
        })
    }

    /// Whether `name` is a feature, counting the ones that optional dependencies imply.
    pub(crate) fn has_feature(&self, name: &str) -> bool {
        self.features.contains_key(name) || self.implied_feature(name)
    }

    /// Whether an optional dependency called `name` makes a feature of that name: it does unless
    /// some feature refers to it as `dep:name`.
    pub(crate) fn implied_feature(&self, name: &str) -> bool {
        let explicit = format!("dep:{name}");
        self.dependencies
            .iter()
            .any(|dependency| dependency.optional && dependency.key == name)
            && !self
                .features
                .values()
                .flatten()
                .any(|value| *value == explicit)
    }
}

impl Dependency {
    fn new(key: String, raw: RawDependency, platform: Option<Platform>) -> Dependency {
        let raw = match raw {
            RawDependency::Version(version) => RawDependencyTable {
                version: Some(version),
                ..RawDependencyTable::default()
            },
            RawDependency::Table(table) => table,
        };
        Dependency {
            renamed: raw.package.as_ref().is_some_and(|package| *package != key),
            package: raw.package.unwrap_or_else(|| key.clone()),
            key,
            platform,
            optional: raw.optional,
            features: raw.features,
            default_features: raw.default_features.unwrap_or(true),
            public: raw.public,
            path: raw.path,
            requirement: raw.version.unwrap_or(semver::VersionReq::STAR),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Package {
        Package::parse(Path::new("/p"), text).unwrap()
    }

    #[test]
    fn defaults_are_cargos() {
        let package = parse("[package]\nname = 'a-b'\nversion = '1.2.3'\n");
        assert_eq!(package.lib_name, "a_b");
        assert_eq!(package.lib_path, Path::new("/p/src/lib.rs"));
        assert_eq!(package.edition, "2015");
        assert!(package.build_script.is_none() && !package.public_dependency);
    }

    #[test]
    fn dependencies_in_all_their_spellings() {
        let package = parse(
            "cargo-features = ['public-dependency']\n[package]\nname = 'a'\nversion = '1.0.0'\n\
             [lib]\nname = 'z'\npath = 'lib.rs'\n\
             [dependencies]\nb = '0.2'\ncore = { package = 'rustc-std-workspace-core', path = '../c' }\n\
             d = { version = '1', optional = true, default-features = false, public = true, features = ['x'] }\n\
             [target.'cfg(unix)'.dependencies]\ne = '1'\n\
             [target.x86_64-fortanix-unknown-sgx.dependencies]\nf = '1'\n\
             [features]\nuse-d = ['dep:d']\n",
        );
        let by_key = |key: &str| {
            package
                .dependencies
                .iter()
                .find(|dependency| dependency.key == key)
                .unwrap()
        };
        assert_eq!(package.lib_name, "z");
        assert_eq!(package.lib_path, Path::new("/p/lib.rs"));
        assert!(by_key("b").default_features && !by_key("b").renamed);
        assert!(by_key("core").renamed);
        assert_eq!(by_key("core").package, "rustc-std-workspace-core");
        let d = by_key("d");
        assert!(d.optional && d.public && !d.default_features && d.features == ["x"]);
        assert!(matches!(by_key("e").platform, Some(Platform::Cfg(_))));
        assert!(matches!(by_key("f").platform, Some(Platform::Name(_))));
        assert!(package.public_dependency);
        assert!(package.has_feature("use-d") && !package.has_feature("d"));
    }

    #[test]
    fn a_broken_manifest_says_why() {
        let reason = Package::parse(Path::new("/p"), "[package]\nversion = 3\n").unwrap_err();
        assert!(
            reason.contains("version") || reason.contains("name"),
            "{reason}"
        );
    }
}
