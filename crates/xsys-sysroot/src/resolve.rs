//! Which packages a sysroot consists of, with which features, in which order.
//!
//! cargo does this for whole workspaces; the standard library needs only a small part: path
//! dependencies, pinned registry packages, `cfg(…)` tables and features. Features are unified over
//! the packages that are in use on the target at hand.
//!
//! Spec: the Cargo book, "Features" (`dep:`, `package/feature`, `package?/feature`) and
//! "Specifying Dependencies" (platform tables, renamed packages).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use cargo_platform::Cfg;
use xsys_diag::did_you_mean;
use xsys_target::CrateSet;

use crate::lock::LockedPackage;
use crate::manifest::Package;
use crate::sources::{Located, Sources};
use crate::{Error, unwinder};

/// What a sysroot has to contain.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub crates: CrateSet,
    /// Whether the crate `test` is included.
    pub test: bool,
    /// Features that are switched on where the crates have them.
    pub default_features: Vec<&'static str>,
    /// Features that the user asked for: they have to exist.
    pub features: Vec<String>,
    /// An unwinder in Rust, where no library has one.
    pub unwinder: bool,
}

/// The target's properties that conditional dependencies are matched against.
#[derive(Clone, Debug)]
pub(crate) struct TargetPlatform {
    pub name: String,
    pub cfgs: Vec<Cfg>,
}

/// A crate to be compiled.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub package: Package,
    pub features: BTreeSet<String>,
    pub dependencies: Vec<Edge>,
}

/// A direct dependency of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Index of the unit depended on; always smaller than the dependent's.
    pub unit: usize,
    /// What the dependent calls it.
    pub name: String,
    /// Whether the dependent shows it to its own dependents.
    pub public: bool,
}

/// The outcome: all units, dependencies first, or the packages whose sources are not there.
#[derive(Debug)]
pub(crate) enum Resolution {
    Units(Vec<Unit>),
    Missing(Vec<LockedPackage>),
}

/// A package in use, while its features are being collected.
struct Node {
    package: Package,
    features: BTreeSet<String>,
    /// Optional dependencies that are switched on, by key.
    active: BTreeSet<String>,
    /// Features for dependencies, by key; effective once the dependency is in use.
    forwarded: BTreeMap<String, BTreeSet<String>>,
    edges: Vec<NodeEdge>,
}

struct NodeEdge {
    node: usize,
    name: String,
    public: bool,
}

struct Resolver<'a> {
    sources: &'a Sources,
    platform: &'a TargetPlatform,
    unwinder: bool,
    nodes: Vec<Node>,
    by_root: BTreeMap<PathBuf, usize>,
    missing: BTreeMap<(String, semver::Version), LockedPackage>,
}

/// Computes the units of a sysroot.
pub(crate) fn resolve(
    sources: &Sources,
    wanted: &Wanted,
    platform: &TargetPlatform,
) -> Result<Resolution, Error> {
    let mut resolver = Resolver {
        sources,
        platform,
        unwinder: wanted.unwinder,
        nodes: Vec::new(),
        by_root: BTreeMap::new(),
        missing: BTreeMap::new(),
    };
    // compiler_builtins gets the features that alloc asks for, even if alloc itself is not wanted.
    let roots: &[&str] = match wanted.crates {
        CrateSet::Std => &["std"],
        CrateSet::Alloc | CrateSet::Core => &["alloc", "core"],
    };
    let mut root_nodes = Vec::new();
    for name in roots {
        root_nodes.push(resolver.node(sources.library().join(name))?);
    }
    for &feature in &wanted.default_features {
        for &root in &root_nodes {
            if resolver.nodes[root].package.has_feature(feature) {
                resolver.enable(root, feature)?;
                break;
            }
        }
    }
    for feature in &wanted.features {
        let root = root_nodes
            .iter()
            .copied()
            .find(|&root| resolver.nodes[root].package.has_feature(feature))
            .ok_or_else(|| {
                unknown_feature(
                    feature,
                    root_nodes.iter().map(|&root| &resolver.nodes[root].package),
                )
            })?;
        resolver.enable(root, feature)?;
    }
    let kept: &[&str] = match wanted.crates {
        CrateSet::Core => &["core", "compiler_builtins"],
        CrateSet::Alloc => &["alloc"],
        CrateSet::Std if wanted.test => &["std", "panic_abort", "test"],
        CrateSet::Std => &["std", "panic_abort"],
    };
    if wanted.test && wanted.crates == CrateSet::Std {
        resolver.node(sources.library().join("test"))?;
    }
    while resolver.spread()? {}
    if !resolver.missing.is_empty() {
        return Ok(Resolution::Missing(
            resolver.missing.into_values().collect(),
        ));
    }
    resolver.sorted(kept).map(Resolution::Units)
}

fn unknown_feature<'a>(feature: &str, packages: impl Iterator<Item = &'a Package>) -> Error {
    let mut known = BTreeSet::new();
    let mut crate_name = String::new();
    for package in packages {
        if crate_name.is_empty() {
            crate_name.clone_from(&package.name);
        }
        known.extend(package.features.keys().cloned());
    }
    Error::UnknownFeature {
        suggestion: did_you_mean(feature, known.iter().map(String::as_str)).map(str::to_owned),
        feature: feature.to_owned(),
        known: known.into_iter().collect(),
        crate_name,
    }
}

impl Resolver<'_> {
    /// The node of the package in `root`, made if need be.
    fn node(&mut self, root: PathBuf) -> Result<usize, Error> {
        if let Some(&node) = self.by_root.get(&root) {
            return Ok(node);
        }
        let mut package = Package::load(&root)?;
        if self.unwinder {
            unwinder::add_to(&mut package);
        }
        self.nodes.push(Node {
            package,
            features: BTreeSet::new(),
            active: BTreeSet::new(),
            forwarded: BTreeMap::new(),
            edges: Vec::new(),
        });
        self.by_root.insert(root, self.nodes.len() - 1);
        Ok(self.nodes.len() - 1)
    }

    /// Switches a feature on, with all that follows within the package. Returns whether it was
    /// off.
    fn enable(&mut self, node: usize, feature: &str) -> Result<bool, Error> {
        let Node {
            package,
            features,
            active,
            forwarded,
            ..
        } = &mut self.nodes[node];
        let mut todo = vec![feature.to_owned()];
        let mut changed = false;
        while let Some(feature) = todo.pop() {
            if features.contains(&feature) {
                continue;
            }
            let Some(values) = package.features.get(&feature) else {
                if package.implied_feature(&feature) {
                    active.insert(feature.clone());
                    features.insert(feature);
                    changed = true;
                } else if feature != "default" {
                    return Err(Error::Source {
                        path: package.root.join("Cargo.toml"),
                        reason: format!("no feature `{feature}`, which another package asks for"),
                    });
                }
                continue;
            };
            changed = true;
            features.insert(feature);
            for value in values {
                if let Some(dependency) = value.strip_prefix("dep:") {
                    active.insert(dependency.to_owned());
                } else if let Some((dependency, feature)) = value.split_once('/') {
                    let weak = dependency.strip_suffix('?');
                    let dependency = weak.unwrap_or(dependency);
                    forwarded
                        .entry(dependency.to_owned())
                        .or_default()
                        .insert(feature.to_owned());
                    if weak.is_none() {
                        active.insert(dependency.to_owned());
                        // An optional dependency's own feature comes along, if it has one.
                        if package.implied_feature(dependency) {
                            todo.push(dependency.to_owned());
                        }
                    }
                } else {
                    todo.push(value.clone());
                }
            }
        }
        Ok(changed)
    }

    /// Propagates packages and features over every edge once. Returns whether anything was new.
    fn spread(&mut self) -> Result<bool, Error> {
        let mut changed = false;
        let mut node = 0;
        while node < self.nodes.len() {
            let package = self.nodes[node].package.clone();
            let mut edges = Vec::new();
            for dependency in &package.dependencies {
                let here = dependency.platform.as_ref().is_none_or(|platform| {
                    platform.matches(&self.platform.name, &self.platform.cfgs)
                });
                let on = !dependency.optional || self.nodes[node].active.contains(&dependency.key);
                if !here || !on {
                    continue;
                }
                let root = match self.sources.locate(&package, dependency)? {
                    Located::Found(root) => root,
                    Located::Missing(locked) => {
                        let key = (locked.name.clone(), locked.version.clone());
                        self.missing.insert(key, locked);
                        continue;
                    }
                };
                let known = self.nodes.len();
                let other = self.node(root)?;
                changed |= self.nodes.len() != known;
                let mut requested: Vec<String> = dependency.features.clone();
                if dependency.default_features {
                    requested.push("default".to_owned());
                }
                if let Some(features) = self.nodes[node].forwarded.get(&dependency.key) {
                    requested.extend(features.iter().cloned());
                }
                for feature in requested {
                    changed |= self.enable(other, &feature)?;
                }
                edges.push(NodeEdge {
                    node: other,
                    name: if dependency.renamed {
                        dependency.key.replace('-', "_")
                    } else {
                        self.nodes[other].package.lib_name.clone()
                    },
                    public: dependency.public,
                });
            }
            self.nodes[node].edges = edges;
            node += 1;
        }
        Ok(changed)
    }

    /// The nodes that `kept` need, as units, dependencies first.
    fn sorted(&self, kept: &[&str]) -> Result<Vec<Unit>, Error> {
        let mut order = Order {
            resolver: self,
            unit_of: BTreeMap::new(),
            path: Vec::new(),
            units: Vec::new(),
        };
        for &name in kept {
            let root = (0..self.nodes.len()).find(|&node| self.nodes[node].package.name == name);
            let root = root.ok_or_else(|| Error::Source {
                path: self.sources.library().to_owned(),
                reason: format!("no package `{name}` among the dependencies"),
            })?;
            order.visit(root)?;
        }
        Ok(order.units)
    }
}

/// A depth-first walk over the nodes.
struct Order<'a> {
    resolver: &'a Resolver<'a>,
    unit_of: BTreeMap<usize, usize>,
    path: Vec<usize>,
    units: Vec<Unit>,
}

impl Order<'_> {
    fn visit(&mut self, node: usize) -> Result<usize, Error> {
        if let Some(&unit) = self.unit_of.get(&node) {
            return Ok(unit);
        }
        let current = &self.resolver.nodes[node];
        if self.path.contains(&node) {
            return Err(Error::Source {
                path: current.package.root.join("Cargo.toml"),
                reason: format!("`{}` depends on itself", current.package.name),
            });
        }
        self.path.push(node);
        let mut dependencies = Vec::new();
        for edge in &current.edges {
            dependencies.push(Edge {
                unit: self.visit(edge.node)?,
                name: edge.name.clone(),
                public: edge.public,
            });
        }
        dependencies.sort_by(|a, b| a.name.cmp(&b.name));
        self.path.pop();
        self.units.push(Unit {
            package: current.package.clone(),
            features: current.features.clone(),
            dependencies,
        });
        self.unit_of.insert(node, self.units.len() - 1);
        Ok(self.units.len() - 1)
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
