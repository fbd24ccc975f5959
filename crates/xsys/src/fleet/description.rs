//! `fleet.toml`: similar devices, and what differs between them.
//!
//! Every device becomes a [`Description`] as if it had an `appliance.toml` of its own, so that there is one set of keys
//! and checks. A mistake in the file is reported once, with all devices that it concerns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;
use xsys_diag::{Diagnostic, Source, did_you_mean};

use super::layers::lay;
use super::told::{Told, same_addresses, same_hostnames};
use crate::appliance::{Description, Whose, parse, wrong_toml};
use crate::error::{Result, file};

/// The file's name.
pub(crate) const FILE: &str = "fleet.toml";

/// A fleet.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub source: Source,
    pub name: String,
    pub version: String,
    /// By their names in the file; none if every program of the workspace is meant.
    pub programs: BTreeMap<String, Program>,
    pub devices: Vec<Device>,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
    /// Where `[programs.NAME]` are.
    pub places: BTreeMap<String, std::ops::Range<usize>>,
}

/// A program of a fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Program {
    pub package: Option<String>,
    #[serde(default)]
    pub features: Vec<String>,
    pub default_features: Option<bool>,
    pub profile: Option<String>,
    /// Which of its executables; all, if none is named.
    #[serde(default)]
    pub bins: Vec<String>,
}

/// A device.
#[derive(Debug)]
pub(crate) struct Device {
    pub name: String,
    pub group: Option<String>,
    /// Names of programs; all of the fleet's by default.
    pub programs: Option<Vec<String>>,
    /// Where they are named.
    pub program_places: Vec<std::ops::Range<usize>>,
    pub target: String,
    /// One of `[kernels]`.
    pub kernel: String,
    pub description: Description,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Head {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    same_addresses: bool,
    #[serde(default)]
    programs: BTreeMap<String, Program>,
    #[serde(default)]
    kernels: BTreeMap<String, Kernel>,
    #[serde(default, rename = "base")]
    _base: toml::Table,
    #[serde(default)]
    groups: BTreeMap<String, toml::Table>,
    #[serde(default)]
    devices: BTreeMap<String, toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Kernel {
    #[serde(rename = "paths")]
    _paths: toml::Value,
    #[serde(rename = "version")]
    _version: Option<String>,
}

/// The keys of a layer that an appliance does not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfFleet {
    #[serde(rename = "group")]
    _group: Option<String>,
    programs: Option<Vec<Spanned<String>>>,
    target: Option<Spanned<String>>,
    kernel: Option<Spanned<String>>,
}

impl Fleet {
    /// The file for a command in this directory: here or in a directory above.
    pub(crate) fn find(directory: &Path) -> Result<PathBuf> {
        let found = directory.ancestors().map(|directory| directory.join(FILE));
        found
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| {
                Diagnostic::error(format!("no {FILE} in `{}` or above", directory.display()))
                    .help("start a fleet with `xsys fleet new NAME`")
                    .into()
            })
    }

    /// Reads it.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| file("read", path, &error))?;
        let source = Source {
            path: path.to_owned(),
            text: text.into(),
        };
        let table = parse(&source)?;
        Ok(Reader::new(source, table)?.fleet()?)
    }

    /// Where the file is: paths in it are relative to it.
    pub(crate) fn directory(&self) -> &Path {
        self.source.path.parent().unwrap_or(Path::new("."))
    }

    /// A device by name.
    pub(crate) fn device(&self, name: &str) -> Result<&Device> {
        let found = self.devices.iter().find(|device| device.name == name);
        found.ok_or_else(|| {
            let names = self.devices.iter().map(|device| device.name.as_str());
            let problem = Diagnostic::error(format!("no device is called `{name}`"));
            match did_you_mean(name, names) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help("`xsys fleet list` shows the devices"),
            }
            .into()
        })
    }

    /// The named devices; all, if none is named.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&Device>> {
        match names.is_empty() {
            true => Ok(self.devices.iter().collect()),
            false => {
                let mut chosen = names
                    .iter()
                    .map(|name| self.device(name))
                    .collect::<Result<Vec<_>>>()?;
                chosen.sort_by(|a, b| a.name.cmp(&b.name));
                chosen.dedup_by(|a, b| a.name == b.name);
                Ok(chosen)
            }
        }
    }
}

/// A file that is read.
struct Reader {
    source: Source,
    table: DeTable<'static>,
    head: Head,
    problems: Vec<Diagnostic>,
}

impl Reader {
    fn new(
        source: Source,
        table: Spanned<DeTable<'static>>,
    ) -> std::result::Result<Self, Diagnostic> {
        let deserializer = toml::de::Deserializer::from(table.clone());
        let head = Head::deserialize(deserializer).map_err(|error| wrong_toml(&error, &source))?;
        Ok(Self {
            source,
            table: table.into_inner(),
            head,
            problems: Vec::new(),
        })
    }

    fn fleet(mut self) -> std::result::Result<Fleet, Vec<Diagnostic>> {
        let directory = self.source.path.parent().unwrap_or(Path::new("."));
        let name = self.head.name.clone().unwrap_or_else(|| {
            let name = directory.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        });
        if self.head.devices.is_empty() {
            let path = self.source.path.display();
            return Err(vec![
                Diagnostic::error(format!("`{path}` has no devices"))
                    .help("add one: `[devices.NAME]` with `machine = \"raspberry-pi-4\"`"),
            ]);
        }
        let mut devices = Vec::new();
        let mut told = Told::default();
        let names: Vec<String> = self.head.devices.keys().cloned().collect();
        for device in &names {
            self.is_a_host_name(device);
            match self.device(&name, device) {
                Ok(device) => devices.push(device),
                Err(problems) => told.add(device, problems),
            }
        }
        self.problems.extend(told.all(names.len()));
        let hostnames = devices.iter();
        let hostnames = hostnames.map(|it| (it.name.as_str(), it.description.hostname()));
        self.problems.extend(same_hostnames(hostnames));
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let mut warnings = self.unused_groups(&devices);
        if !self.head.same_addresses {
            let addresses = devices.iter();
            let addresses = addresses.map(|it| (it.name.as_str(), it.description.addresses()));
            warnings.extend(same_addresses(addresses));
        }
        let programs = self.head.programs.keys();
        let places = programs.map(|name| (name.clone(), key(&self.table, "programs", name)));
        Ok(Fleet {
            places: places.collect(),
            source: self.source,
            name,
            version: self.head.version.unwrap_or_default(),
            programs: self.head.programs,
            devices,
            warnings,
        })
    }

    fn unused_groups(&self, devices: &[Device]) -> Vec<Diagnostic> {
        let used = |group: &String| devices.iter().any(|it| it.group.as_ref() == Some(group));
        let unused = self.head.groups.keys().filter(|group| !used(group));
        unused
            .map(|group| {
                Diagnostic::warning(format!("no device is of group `{group}`"))
                    .label(&self.source, self.key("groups", group), "")
                    .help(format!(
                        "say `group = \"{group}\"` in those that are, or remove it"
                    ))
            })
            .collect()
    }

    fn key(&self, table: &str, name: &str) -> std::ops::Range<usize> {
        key(&self.table, table, name)
    }

    /// By default the device's name is its name in the network.
    fn is_a_host_name(&mut self, name: &str) {
        let good = !name.is_empty()
            && name.len() <= 63
            && !name.starts_with('-')
            && !name.ends_with('-')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !good {
            let better: String = name
                .chars()
                .map(|letter| {
                    if letter.is_ascii_alphanumeric() {
                        letter
                    } else {
                        '-'
                    }
                })
                .take(63)
                .collect();
            let problem = Diagnostic::error(format!("`{name}` cannot be the name of a device"))
                .label(&self.source, self.key("devices", name), "")
                .note(
                    "it is the device's name in the network: letters, digits and `-`, at most 63",
                );
            self.problems.push(match better.trim_matches('-') {
                "" => problem.help("choose another name"),
                better => problem.help(format!("call it `{better}`")),
            });
        }
    }

    /// A device, from its layers.
    fn device(&self, fleet: &str, name: &str) -> std::result::Result<Device, Vec<Diagnostic>> {
        let own = inner(&self.table, "devices", name);
        let group = own.and_then(|own| own.get("group"));
        let group =
            group.and_then(|group| Some((group.get_ref().as_str()?.to_owned(), group.span())));
        if let Some((group, span)) = &group
            && !self.head.groups.contains_key(group)
        {
            let groups: Vec<&str> = self.head.groups.keys().map(String::as_str).collect();
            let problem = Diagnostic::error(format!("no group is called `{group}`"));
            return Err(vec![
                known(problem, group, &groups, &format!("[groups.{group}]")).label(
                    &self.source,
                    span.clone(),
                    "",
                ),
            ]);
        }
        let mut table = DeTable::new();
        let base = self
            .table
            .get("base")
            .and_then(|base| base.get_ref().as_table());
        let group_table = group
            .as_ref()
            .and_then(|(group, _)| inner(&self.table, "groups", group));
        for layer in [base, group_table, own].into_iter().flatten() {
            lay(layer, &mut table);
        }
        if let Some(stray) = [base, group_table]
            .into_iter()
            .flatten()
            .find_map(|table| table.get("group"))
        {
            return Err(vec![
                Diagnostic::error("only devices are of a group")
                    .label(&self.source, stray.span(), "")
                    .help("say it in `[devices.NAME]`"),
            ]);
        }
        let mut of_fleet = DeTable::new();
        for key in ["group", "programs", "target", "kernel"] {
            if let Some((key, value)) = table.remove_entry(key) {
                of_fleet.insert(key, value);
            }
        }
        let of_fleet = toml::de::Deserializer::from(Spanned::new(0..0, of_fleet));
        let of_fleet = OfFleet::deserialize(of_fleet)
            .map_err(|error| vec![wrong_toml(&error, &self.source)])?;
        let mut problems = Vec::new();
        for program in of_fleet.programs.iter().flatten() {
            if !self.head.programs.is_empty() && !self.head.programs.contains_key(program.get_ref())
            {
                let names: Vec<&str> = self.head.programs.keys().map(String::as_str).collect();
                let problem = no_program(program.get_ref(), &names);
                problems.push(problem.label(&self.source, program.span(), ""));
            }
        }
        let kernel = match self.kernel(of_fleet.kernel.as_ref()) {
            Ok(name) => {
                self.put_kernel(&name, &mut table);
                name
            }
            Err(problem) => {
                problems.push(problem);
                String::new()
            }
        };
        let whose = Whose::Device { fleet, name };
        let span = own.map_or(0..0, |_| self.key("devices", name));
        let description =
            match Description::of(Spanned::new(span, table), self.source.clone(), whose) {
                Ok(description) => description,
                Err(mut more) => {
                    problems.append(&mut more);
                    return Err(problems);
                }
            };
        if !problems.is_empty() {
            return Err(problems);
        }
        let target = of_fleet.target.map(Spanned::into_inner);
        let places = of_fleet.programs.iter().flatten().map(Spanned::span);
        Ok(Device {
            program_places: places.collect(),
            name: name.to_owned(),
            group: group.map(|(group, _)| group),
            programs: of_fleet
                .programs
                .map(|names| names.into_iter().map(Spanned::into_inner).collect()),
            target: target.unwrap_or_else(|| description.machine().target.to_owned()),
            kernel,
            description,
        })
    }

    /// The named kernel, or the only one.
    fn kernel(&self, named: Option<&Spanned<String>>) -> std::result::Result<String, Diagnostic> {
        let names: Vec<&str> = self.head.kernels.keys().map(String::as_str).collect();
        let problem = match (named, names.as_slice()) {
            (Some(name), _) if names.contains(&name.get_ref().as_str()) => {
                return Ok(name.get_ref().clone());
            }
            (None, [one]) => return Ok((*one).to_owned()),
            (Some(name), _) => {
                let problem =
                    Diagnostic::error(format!("no kernel is called `{}`", name.get_ref()));
                let table = format!("[kernels.{}]", name.get_ref());
                known(problem, name.get_ref(), &names, &table).label(&self.source, name.span(), "")
            }
            (None, []) => Diagnostic::error("no kernel is named")
                .note(format!(
                    "`{}` has no `[kernels]`",
                    self.source.path.display()
                ))
                .help("name one: `[kernels.arm64]` with `paths = \"kernel\"`"),
            (None, _) => {
                Diagnostic::error("there are several kernels, and none is chosen").help(format!(
                    "say `kernel = \"{}\"` in the device, its group or `[base]`; there are {}",
                    names[0],
                    names.join(", ")
                ))
            }
        };
        Err(problem)
    }

    /// The kernel's table in the form of an appliance's keys.
    fn put_kernel(&self, name: &str, table: &mut DeTable<'static>) {
        let kernel = inner(&self.table, "kernels", name);
        for (theirs, ours) in [("paths", "kernel"), ("version", "kernel-version")] {
            let entry = kernel.and_then(|kernel| kernel.get_key_value(theirs));
            if let Some((key, value)) = entry
                && !table.contains_key(ours)
            {
                table.insert(Spanned::new(key.span(), ours.into()), value.clone());
            }
        }
    }
}

/// A program that the fleet does not have.
pub(crate) fn no_program(name: &str, names: &[&str]) -> Diagnostic {
    let problem = Diagnostic::error(format!("no program is called `{name}`"));
    known(problem, name, names, &format!("[programs.{name}]"))
}

/// An unknown name.
fn known(problem: Diagnostic, name: &str, names: &[&str], table: &str) -> Diagnostic {
    match (did_you_mean(name, names.iter().copied()), names) {
        (Some(close), _) => problem.help(format!("did you mean `{close}`?")),
        (None, []) => problem.help(format!("there are none yet: begin with a table `{table}`")),
        (None, names) => problem.help(format!("there are: {}", names.join(", "))),
    }
}

fn inner<'t>(table: &'t DeTable<'static>, outer: &str, name: &str) -> Option<&'t DeTable<'static>> {
    let outer = table.get(outer)?.get_ref().as_table()?;
    outer.get(name)?.get_ref().as_table()
}

fn key(table: &DeTable<'static>, outer: &str, name: &str) -> std::ops::Range<usize> {
    let outer = table
        .get(outer)
        .and_then(|outer| outer.get_ref().as_table());
    let found = outer.and_then(|outer| outer.get_key_value(name));
    found.map_or(0..0, |(key, _)| key.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Fleet, Vec<String>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        std::fs::write(&path, text).unwrap();
        Fleet::read(&path).map_err(|failure| {
            let problems = failure.diagnostics.iter();
            problems.map(ToString::to_string).collect()
        })
    }

    #[test]
    fn layers_make_devices() {
        let fleet = read(
            "name = 'shops'\n[kernels.a]\npaths = 'k'\n[kernels.b]\npaths = ['l']\nversion = '6.1'\n\
             [base]\nkernel = 'a'\nvariables = { city = 'Ulm' }\n\
             [[base.services]]\nname = 's'\ncommand = ['/bin/s', '{{ device }} of {{ fleet }} in {{ city }}']\n\
             [groups.old]\nmachine = 'raspberry-pi-2'\nkernel = 'b'\n\
             [devices.one]\n[devices.two]\ngroup = 'old'\nvariables = { city = 'Linz' }\n",
        )
        .unwrap();
        let [one, two] = fleet.devices.as_slice() else {
            panic!("{:?}", fleet.devices);
        };
        assert_eq!(one.target, "aarch64-unknown-linux-musl");
        assert_eq!(two.target, "armv7-unknown-linux-musleabihf");
        assert_eq!((one.kernel.as_str(), two.kernel.as_str()), ("a", "b"));
        assert_eq!(two.description.kernel_version(), Some("6.1"));
        let json = two.description.for_init(&[], &[], "");
        assert_eq!(json["hostname"], "two");
        assert_eq!(json["services"][0]["command"][1], "two of shops in Linz");
    }

    #[test]
    fn mistakes_point_into_the_file() {
        let problems = read(
            "[kernels.a]\npaths = 'k'\n[base.log]\nrings = 5\n[devices.one]\n[devices.two]\nmachine = 'pi'\n",
        )
        .err()
        .unwrap();
        assert!(problems[0].contains("fleet.toml:4:"), "{problems:?}");
        assert!(problems[0].contains("both devices"), "{problems:?}");
        assert!(problems[1].contains("fleet.toml:7:"), "{problems:?}");
    }

    /// Every key is documented.
    #[test]
    fn the_page_has_all_keys() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fleets.md");
        let page = std::fs::read_to_string(page).unwrap();
        let (_, page) = page.split_once("### All keys of fleet.toml").unwrap();
        for text in ["x = 1", "[programs.a]\nx = 1", "[kernels.a]\nx = 1"] {
            let said = read(text).err().unwrap();
            let known = said[0].split("expected ").nth(1).unwrap();
            let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
            assert!(known.len() > 1, "{known:?}");
            for word in known {
                let forms = [
                    format!("`{word}`"),
                    format!("`[{word}"),
                    format!("[{word}."),
                ];
                assert!(forms.iter().any(|form| page.contains(form)), "{word}");
            }
        }
    }
}
