//! The modules of a kernel: which there are, what they are called, and what is built in.
//!
//! Of thousands of modules only those that are reached by name are read, usually a dozen. For an alias that matches no
//! name all modules are read, in parallel. `pick` takes what is wanted from here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::alias::{is_pattern, matches, normal};
use super::arch::Arch;
use super::error::{Absent, Error, close};
use super::image::Kernel;
use super::kept::in_use;
use super::modinfo::{self, Modinfo, pairs};
use super::source::Source;
use crate::packing::Packing;

/// The largest module of Debian (amdgpu) has 15 MB.
const MODULE_LIMIT: u64 = 128 << 20;

/// The modules of one kernel.
#[derive(Debug)]
pub struct Modules<'s> {
    source: &'s Source,
    version: String,
    arch: Arch,
    /// Path by name.
    pub(crate) files: BTreeMap<String, &'s str>,
    pub(crate) builtin: BTreeSet<String>,
    /// Pattern and name.
    builtin_aliases: Vec<(String, String)>,
    pub(crate) builtin_known: bool,
    /// Pattern and name of all modules, once somebody asks.
    aliases: OnceLock<Vec<(String, String)>>,
}

/// The kernels that there are modules for.
pub fn versions(source: &Source) -> Vec<String> {
    let paths = source.below("lib/modules/");
    let versions =
        paths.filter_map(|(path, _)| Some(path.split_once("lib/modules/")?.1.split_once('/')?.0));
    let versions: BTreeSet<_> = versions.collect();
    versions.into_iter().map(str::to_owned).collect()
}

impl<'s> Modules<'s> {
    /// Lists the modules of a kernel.
    ///
    /// # Errors
    /// If the kernel has no modules here.
    pub fn open(source: &'s Source, kernel: &Kernel) -> Result<Self, Error> {
        let mut found = versions(source);
        let version = match (&kernel.version, &found[..]) {
            (Some(version), _) if found.contains(version) => version.clone(),
            // A kernel that does not say what it is.
            (None, [_]) => found.remove(0),
            (version, _) => {
                let version = version.clone().unwrap_or_else(|| kernel.path.clone());
                return Err(Error::NoModules { version, found });
            }
        };
        let mut modules = Self {
            source,
            arch: kernel.arch,
            files: BTreeMap::new(),
            builtin: BTreeSet::new(),
            builtin_aliases: Vec::new(),
            builtin_known: false,
            aliases: OnceLock::new(),
            version,
        };
        let directory = format!("lib/modules/{}/", modules.version);
        modules.list(&directory);
        modules.read_builtin(&directory)?;
        Ok(modules)
    }

    /// The kernel's release.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many modules there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Whether there is a module of that name, or it is built in.
    pub fn has(&self, name: &str) -> bool {
        let name = normal(name);
        self.files.contains_key(&name) || self.builtin.contains(&name)
    }

    /// Whether it is built into the kernel.
    pub fn builtin(&self, name: &str) -> bool {
        self.builtin.contains(&normal(name))
    }

    fn list(&mut self, directory: &str) {
        let source = self.source;
        for (path, _) in source
            .files()
            .filter(|(path, _)| path.starts_with(directory))
        {
            let Some(name) = module_name(path) else {
                continue;
            };
            // Of two modules with one name, the one added by hand; then the first.
            let added = |path: &str| path.contains("/updates/") || path.contains("/extra/");
            let known = self.files.entry(name).or_insert(path);
            if added(path) && !added(known) {
                *known = path;
            }
        }
    }

    /// What is built into the kernel, from the lists that its build left.
    fn read_builtin(&mut self, directory: &str) -> Result<(), Error> {
        let list = format!("{directory}modules.builtin");
        if self.source.has(&list) {
            let text = self.source.read(&list)?;
            let text = String::from_utf8_lossy(&text);
            self.builtin.extend(text.lines().filter_map(module_name));
            self.builtin_known = true;
        }
        let list = format!("{directory}modules.builtin.modinfo");
        if self.source.has(&list) {
            for (key, value) in pairs(&self.source.read(&list)?) {
                // `virtio_blk.alias=virtio:d00000002v*`
                if let Some((name, "alias")) = key.split_once('.') {
                    self.builtin_aliases.push((value.to_owned(), normal(name)));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn absent(&self, names: &[String], why: &str, typed: bool) -> Absent {
        let mut typed = names.iter().filter(|_| typed);
        let known = || self.files.keys().chain(&self.builtin).map(String::as_str);
        let close = typed.find_map(|name| close(&normal(name), known()));
        Absent {
            names: names.to_vec(),
            why: why.to_owned(),
            close,
        }
    }

    /// The modules that a name or alias means, and what of it is built in.
    pub(crate) fn answers(&self, name: &str) -> (Vec<&str>, Vec<&str>) {
        let normal = normal(name);
        if let Some((name, _)) = self.files.get_key_value(&normal) {
            return (vec![name], vec![]);
        }
        if let Some(name) = self.builtin.get(&normal) {
            return (vec![], vec![name]);
        }
        let builtin = answering(&self.builtin_aliases, name);
        if !builtin.is_empty() {
            return (vec![], builtin);
        }
        (answering(self.aliases(), name), vec![])
    }

    /// All aliases of all modules. Unpacking thousands of compressed modules takes long, so the
    /// list is kept in the cache.
    fn aliases(&self) -> &[(String, String)] {
        self.aliases.get_or_init(|| {
            let directory = format!("lib/modules/{}/", self.version);
            let kept = self.source.kept(&directory, "aliases");
            let known = kept
                .as_ref()
                .and_then(|kept| std::fs::read_to_string(kept).ok());
            if let Some(aliases) = known.as_deref().and_then(parse) {
                kept.as_deref().inspect(|kept| in_use(kept));
                return aliases;
            }
            let aliases = self.ask_all();
            // Without the cached list it only takes longer.
            let _ = kept.map(|kept| keep(&kept, &aliases));
            aliases
        })
    }

    fn ask_all(&self) -> Vec<(String, String)> {
        let files: Vec<_> = self.files.iter().collect();
        let of = |(name, path): &(&String, &&str)| {
            // Damaged modules are reported when they are wanted.
            let info = self.read(path).map(|(_, info)| info.aliases);
            let aliases = info.unwrap_or_default();
            let with_name = |alias| (alias, (*name).clone());
            // No device's alias has unprintable characters, and they would break the list's lines.
            let useful = |(alias, name): &(String, String)| {
                !alias.contains(char::is_control) && !name.contains(char::is_control)
            };
            let aliases = aliases.into_iter().map(with_name);
            aliases.filter(useful).collect::<Vec<_>>()
        };
        files.par_iter().flat_map_iter(of).collect()
    }

    /// Reads and unpacks a module.
    pub(crate) fn read(&self, path: &str) -> Result<(Vec<u8>, Modinfo), Error> {
        let bytes = match Packing::of_name(path).1 {
            Packing::Plain => self.source.read(path)?,
            packing => packing
                .unpack(self.source.stream(path)?, MODULE_LIMIT)
                .map_err(|error| Error::damaged(path, error))?,
        };
        let info = modinfo::read(&bytes).map_err(|cause| Error::damaged(path, cause))?;
        Ok((bytes, info))
    }

    /// A module for another kernel is refused when it is loaded, which is too late.
    pub(crate) fn check(&self, name: &str, info: &Modinfo) -> Result<(), Error> {
        let mismatch = |is: &str, kernel: &str| Error::Vermagic {
            module: name.to_owned(),
            is: is.to_owned(),
            kernel: kernel.to_owned(),
        };
        if let Some(arch) = info.arch
            && arch != self.arch
        {
            return Err(mismatch(&arch.to_string(), &self.arch.to_string()));
        }
        let release = info.vermagic.as_deref().unwrap_or_default();
        match release.split(' ').next().unwrap_or_default() {
            release if release == self.version => Ok(()),
            release => Err(mismatch(release, &self.version)),
        }
    }
}

/// A list of aliases as text. The first line says how many follow.
fn keep(path: &Path, aliases: &[(String, String)]) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut text = format!("aliases 1 {}\n", aliases.len());
    for (alias, name) in aliases {
        text += &format!("{name}\t{alias}\n");
    }
    std::fs::create_dir_all(directory)?;
    let mut unfinished = tempfile::NamedTempFile::new_in(directory)?;
    unfinished.write_all(text.as_bytes())?;
    unfinished.persist(path)?;
    Ok(())
}

fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let (count, lines) = text.strip_prefix("aliases 1 ")?.split_once('\n')?;
    let pair = |line: &str| {
        let (name, alias) = line.split_once('\t')?;
        Some((alias.to_owned(), name.to_owned()))
    };
    let aliases = lines.lines().map(pair).collect::<Option<Vec<_>>>()?;
    (count.parse() == Ok(aliases.len()) && lines.ends_with('\n')).then_some(aliases)
}

/// The modules with an alias that matches the name, sorted.
fn answering<'a>(aliases: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    // An alias with wildcards is compared as it stands in modules, too.
    let meets = |alias: &str| matches(alias, name) || is_pattern(name) && matches(name, alias);
    let found = aliases.iter().filter(|(alias, _)| meets(alias));
    let names: BTreeSet<_> = found.map(|(_, name)| name.as_str()).collect();
    names.into_iter().collect()
}

/// `sdhci_iproc` of `kernel/drivers/mmc/host/sdhci-iproc.ko.xz`.
fn module_name(path: &str) -> Option<String> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let name = Packing::of_name(name).0.strip_suffix(".ko")?;
    Some(normal(name))
}
