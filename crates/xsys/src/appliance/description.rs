//! `appliance.toml`: what an appliance consists of.
//!
//! Tables that only the init reads (`network`, `services` and so on) are passed on unchanged; the init's own reader,
//! which is a library, checks them here, before a card is written.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::DeTable;
use xsys_diag::{Diagnostic, Source, did_you_mean};
use xsys_image::kernel::needs::{self, MACHINES, Machine};

use super::boards;
use super::card::ROOT_IMAGE;
use super::entry::Entry;
pub(crate) use super::keys::{Form, Root};
use super::keys::{Keys, Paths};
use super::places;
use super::secrets::Secrets;
use super::templates::Names;
use crate::error::{Result, file};

/// The description's name, beside `Cargo.toml`.
pub(crate) const FILE: &str = "appliance.toml";

/// MiB, in bytes.
const MIB: u64 = 1 << 20;

/// An appliance.
#[derive(Debug)]
pub(crate) struct Description {
    /// The file's name and directory.
    pub path: PathBuf,
    /// The device's name in a fleet.
    pub device: Option<String>,
    hostname: String,
    pub(super) source: Source,
    /// The source, for places in messages.
    pub(super) table: DeTable<'static>,
    pub(super) keys: Keys,
    pub(super) names: Names,
    /// `[[services]]`, with templates filled in.
    services: Option<Value>,
}

/// What it describes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose<'a> {
    /// A package's.
    Package,
    Device {
        fleet: &'a str,
        name: &'a str,
    },
}

impl Description {
    /// Reads and checks it.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| file("read", path, &error))?;
        let source = Source {
            path: path.to_owned(),
            text: text.into(),
        };
        let table = parse(&source)?;
        Self::of(table, source, Whose::Package).map_err(Into::into)
    }

    /// Checks tables that were read, perhaps from several tables of one file.
    pub(crate) fn of(
        table: Spanned<DeTable<'static>>,
        source: Source,
        whose: Whose<'_>,
    ) -> std::result::Result<Self, Vec<Diagnostic>> {
        let deserializer = table.clone().into_deserializer();
        let keys =
            Keys::deserialize(deserializer).map_err(|error| vec![wrong_toml(&error, &source)])?;
        let path = source.path.clone();
        let directory = path.parent().unwrap_or(Path::new("."));
        let table = table.into_inner();
        let hostname = match (&keys.hostname, whose) {
            (Some(name), _) => name.clone(),
            (None, Whose::Device { name, .. }) => name.to_owned(),
            (None, Whose::Package) => directory
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        };
        let secrets = Secrets::new(directory, &source, &keys.secrets, |name| {
            places::place(&table, &format!("secrets.{name}"))
        });
        let mut names = Names::new(secrets);
        for (name, value) in &keys.variables {
            names.set_variable(name, value);
        }
        let mut description = Self {
            device: None,
            hostname: hostname.clone(),
            path,
            source,
            table,
            keys,
            names,
            services: None,
        };
        let names = &mut description.names;
        names.set("hostname", hostname.as_str());
        names.set("machine", description.keys.machine_name());
        match whose {
            Whose::Package => names.set("device", hostname.as_str()),
            Whose::Device { fleet, name } => {
                names.set("device", name);
                names.set("fleet", fleet);
                description.device = Some(name.to_owned());
            }
        }
        let mut problems = description.problems();
        match description.filled_in() {
            Ok(services) => description.services = services,
            Err(mut more) => problems.append(&mut more),
        }
        let (_, wrong) =
            xsys_init::config_text::read(&description.for_init(&[], &[], "").to_string());
        problems.extend(wrong.into_iter().map(|wrong| {
            // Messages of the init's reader begin with the place.
            let at = wrong.split('`').nth(1).unwrap_or_default();
            let span = places::place(&description.table, at);
            let problem = match span.is_empty() {
                true => Diagnostic::error(format!("`{}`: {wrong}", description.path.display())),
                false => Diagnostic::error(wrong).label(&description.source, span, ""),
            };
            problem.help("docs/fleets.md lists the keys of an appliance")
        }));
        match problems.is_empty() {
            true => Ok(description),
            false => Err(problems),
        }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The description's name, for people.
    pub(crate) fn file_name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.display().to_string()
    }

    /// The names that templates can use.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Where an entry of `[files]` is.
    pub(crate) fn file_place(&self, place: &str) -> std::ops::Range<usize> {
        places::key(&self.table, "files", place)
    }

    /// Where the text of such an entry is.
    pub(crate) fn file_text_place(&self, place: &str) -> std::ops::Range<usize> {
        self.within_file(place, "text")
    }

    pub(super) fn mode_place(&self, place: &str) -> std::ops::Range<usize> {
        self.within_file(place, "mode")
    }

    fn within_file(&self, place: &str, key: &str) -> std::ops::Range<usize> {
        let files = self
            .table
            .get("files")
            .and_then(|files| files.get_ref().as_table());
        let entry = files.and_then(|files| files.get(place)?.get_ref().as_table());
        let value = entry.and_then(|entry| entry.get(key));
        value.map_or_else(|| self.file_place(place), |value| value.span())
    }

    /// The machine's name in its network.
    pub(crate) fn hostname(&self) -> &str {
        &self.hostname
    }

    /// The addresses that it gives itself.
    pub(crate) fn addresses(&self) -> Vec<std::net::IpAddr> {
        let networks = self.keys.network.as_ref().and_then(Value::as_array);
        let addresses = networks
            .into_iter()
            .flatten()
            .filter_map(|network| network.get("addresses")?.as_array());
        addresses
            .flatten()
            .filter_map(|address| address.as_str()?.split('/').next()?.parse().ok())
            .collect()
    }

    /// The description's directory: paths in it are relative to it.
    pub(crate) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    pub(super) fn machine_name(&self) -> &str {
        self.keys.machine_name()
    }

    /// The machine, if one is named.
    pub(super) fn named_machine(&self) -> Option<&str> {
        self.keys.machine.as_deref()
    }

    /// Keys that are none of these, and where they are.
    pub(super) fn keys_besides(&self, known: &[&str]) -> Vec<(String, std::ops::Range<usize>)> {
        let all = self.table.iter();
        let others = all.filter(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        others
            .map(|(key, _)| (key.get_ref().to_string(), key.span()))
            .collect()
    }

    /// The card's machine.
    pub(crate) fn machine(&self) -> &'static Machine {
        // `read` has checked it.
        needs::machine(self.machine_name()).unwrap_or(&MACHINES[0])
    }

    /// Packages and directories with the kernel. A directory of packages means all of them.
    pub(crate) fn kernel(&self) -> Vec<PathBuf> {
        self.kernel_named()
            .into_iter()
            .flat_map(|path| match packages(&path) {
                none if none.is_empty() => vec![path],
                packages => packages,
            })
            .collect()
    }

    /// The environment's paths, or those of the description.
    fn kernel_named(&self) -> Vec<PathBuf> {
        // A fleet may have several kernels, and has names for them.
        let named = std::env::var_os("XSYS_KERNEL").filter(|_| self.device.is_none());
        if let Some(paths) = named.filter(|paths| !paths.is_empty()) {
            return std::env::split_paths(&paths).collect();
        }
        let paths = [&self.keys.kernel, &self.keys.firmware];
        let paths = paths.into_iter().flat_map(|paths| match paths {
            Paths::One(path) => std::slice::from_ref(path),
            Paths::Several(paths) => paths,
        });
        paths.map(|path| self.directory().join(path)).collect()
    }

    /// Whether the paths that are named for the kernel exist.
    pub(crate) fn kernel_is_there(&self) -> Result<()> {
        let paths = self.kernel();
        if paths.is_empty() {
            return Err(Diagnostic::error("no kernel is named")
                .note(format!("`{}` has no `kernel`", self.path.display()))
                .help("name Debian packages or directories there: `kernel = [\"linux-image-….deb\"]`, or set XSYS_KERNEL to such paths")
                .into());
        }
        let missing = paths.iter().filter(|path| !path.exists());
        let problems: Vec<Diagnostic> = missing
            .map(|path| {
                Diagnostic::error(format!(
                    "there is no `{}`, where the kernel is said to be",
                    path.display()
                ))
                .note(match self.device {
                    Some(_) => format!("`{}` says so", self.path.display()),
                    None => format!("in `{}` or XSYS_KERNEL", self.path.display()),
                })
                .help(format!(
                    "put Debian's packages `{}` and `raspi-firmware` there (`xsys image fetch-kernel` fetches them, see docs/fleets.md), or correct the path; relative ones begin in the directory of the file that says them",
                    self.machine().debian_kernel().0
                ))
            })
            .collect();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(problems.into()),
        }
    }

    pub(crate) fn kernel_version(&self) -> Option<&str> {
        self.keys.kernel_version.as_deref()
    }

    /// Modules that the user wants besides, or extras by name.
    pub(crate) fn modules(&self) -> &[String] {
        &self.keys.modules
    }

    pub(crate) fn kernel_arguments(&self) -> &str {
        self.keys.kernel_arguments.as_deref().unwrap_or_default()
    }

    /// Lines for `config.txt`.
    pub(crate) fn config_txt(&self) -> &[String] {
        &self.keys.config_txt
    }

    /// The user's files, by their paths on the card.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.keys
            .files
            .iter()
            .map(|(place, entry)| (place.as_str(), entry))
    }

    /// The kind of root on the card.
    pub(crate) fn root(&self) -> Root {
        self.keys.image.root
    }

    /// The key that chooses it, and its place.
    pub(super) fn root_key(&self) -> Option<(String, std::ops::Range<usize>)> {
        let image = self.table.get("image")?.get_ref().as_table()?;
        let (key, _) = image.get_key_value("root")?;
        Some(("image.root".to_owned(), key.span()))
    }

    /// Bytes of each boot partition.
    pub(crate) fn boot_size(&self) -> u64 {
        self.keys.image.boot.saturating_mul(MIB)
    }

    /// Bytes that the data partition has before it grows.
    pub(crate) fn data_size(&self) -> u64 {
        self.keys.image.data.saturating_mul(MIB)
    }

    pub(crate) fn forms(&self) -> &[Form] {
        &self.keys.image.formats
    }

    /// The address where images will be published.
    pub(crate) fn url(&self) -> Option<&str> {
        self.keys.image.url.as_deref()
    }

    /// QEMU's machine.
    pub(crate) fn run_machine(&self) -> &str {
        let named = self.keys.run.machine.as_deref();
        named.unwrap_or_else(|| boards::fitting(self.machine()))
    }

    /// Ports of this machine, and of the appliance.
    pub(crate) fn ports(&self) -> Vec<(u16, u16)> {
        let ports = self.keys.run.ports.iter();
        ports.filter_map(|port| parse_port(port)).collect()
    }

    pub(crate) fn has_watchdog(&self) -> bool {
        self.keys.watchdog.is_some()
    }

    /// MiB.
    pub(crate) fn memory(&self) -> u64 {
        self.keys.run.memory.unwrap_or(512)
    }

    /// The command that tests the appliance from outside, and the time until it has to be ready for that.
    pub(crate) fn test_command(&self) -> Vec<OsString> {
        self.keys.test.command.iter().map(OsString::from).collect()
    }

    pub(crate) fn ready_within(&self) -> Option<u64> {
        self.keys.test.ready_within
    }

    /// `/etc/xsys/appliance.json`, for the init. Without services in the description, each program becomes one.
    pub(crate) fn for_init(&self, programs: &[String], modules: &[String], version: &str) -> Value {
        let keys = &self.keys;
        let mut json = Map::new();
        json.insert("format".to_owned(), json!(1));
        json.insert("hostname".to_owned(), json!(self.hostname));
        json.insert("version".to_owned(), json!(version));
        json.insert("modules".to_owned(), json!(modules));
        if self.root() == Root::Squashfs {
            json.insert("root".to_owned(), json!({ "image": ROOT_IMAGE }));
        }
        for (key, value) in [
            ("network", &keys.network),
            ("time", &keys.time),
            ("watchdog", &keys.watchdog),
            ("log", &keys.log),
            ("console", &keys.console),
            ("status", &keys.status),
        ] {
            if let Some(value) = value {
                json.insert(key.to_owned(), value.clone());
            }
        }
        let data = json!({ "label": "data", "partition": 4, "mount": "/data" });
        let data = merged(data, keys.data.as_ref());
        json.insert("data".to_owned(), data);
        let services = self.services.clone().unwrap_or_else(|| {
            let service =
                |name: &String| json!({ "name": name, "command": [format!("/bin/{name}")] });
            programs.iter().map(service).collect()
        });
        json.insert("services".to_owned(), services);
        Value::Object(json)
    }
}

/// A name that no machine has.
pub(crate) fn no_machine(name: &str) -> Diagnostic {
    let names = MACHINES.iter().map(|machine| machine.name);
    Diagnostic::error(format!("no machine is called `{name}`")).help(
        match did_you_mean(name, names.clone()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("known: {}", names.collect::<Vec<_>>().join(", ")),
        },
    )
}

/// Our keys, overridden by the user's.
fn merged(mut ours: Value, users: Option<&Value>) -> Value {
    if let (Value::Object(ours), Some(Value::Object(users))) = (&mut ours, users) {
        for (key, value) in users {
            ours.insert(key.clone(), value.clone());
        }
    }
    ours
}

/// The `.deb` files of a directory, by name; none where it is no directory.
fn packages(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "deb") && path.is_file())
        .collect();
    found.sort();
    found
}

pub(super) fn parse_port(text: &str) -> Option<(u16, u16)> {
    let (host, guest) = text.split_once(':')?;
    let (host, guest) = (host.parse().ok()?, guest.parse().ok()?);
    (guest != 0).then_some((host, guest))
}

/// A file as a table whose values keep their places.
pub(crate) fn parse(source: &Source) -> std::result::Result<Spanned<DeTable<'static>>, Diagnostic> {
    // The table borrows the text, which is leaked: one description is read in a run, and needed
    // until its end.
    let text: &'static str = String::leak(source.text.to_string());
    DeTable::parse(text).map_err(|error| wrong_toml(&error, source))
}

/// What is wrong with a file's form.
pub(crate) fn wrong_toml(error: &toml::de::Error, source: &Source) -> Diagnostic {
    let message = error.message().lines().next().unwrap_or_default();
    let name = source.path.file_name().unwrap_or_default();
    let problem = Diagnostic::error(format!("{}: {message}", name.display()));
    match error.span() {
        Some(span) => problem.label(source, span, ""),
        None => problem.note(format!("in `{}`", source.path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Description, Vec<String>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        std::fs::write(&path, text).unwrap();
        Description::read(&path).map_err(|failure| {
            let problems = failure.diagnostics.iter();
            problems.map(|problem| problem.message.clone()).collect()
        })
    }

    #[test]
    fn programs_are_services_unless_there_are_others() {
        let description = read("").unwrap();
        assert_eq!(description.machine().name, "qemu-virt");
        let json = description.for_init(&["shop".to_owned()], &[], "1.0");
        assert_eq!(json["services"][0]["command"][0], "/bin/shop");
        assert_eq!(json["data"]["mount"], "/data");
        let text = "[data]\nmount = \"/state\"\n[[services]]\nname = \"a\"\ncommand = [\"/bin/a\"]";
        let json = read(text)
            .unwrap()
            .for_init(&["shop".to_owned()], &[], "1.0");
        assert_eq!(json["services"].as_array().unwrap().len(), 1);
        assert_eq!(json["data"]["mount"], "/state");
        assert_eq!(json["data"]["partition"], 4);
    }

    /// Every key, machine and group of modules is documented.
    #[test]
    fn the_page_has_all_keys() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fleets.md");
        let page = std::fs::read_to_string(page).unwrap();
        let mut words: Vec<String> = MACHINES
            .iter()
            .map(|machine| machine.name)
            .chain(needs::EXTRAS.iter().map(|(name, _)| *name))
            .map(str::to_owned)
            .collect();
        for table in ["", "[image]\n", "[run]\n", "[test]\n"] {
            let said = read(&format!("{table}unknown = 1")).unwrap_err();
            let (_, known) = said[0].split_once(", expected ").unwrap();
            words.extend(known.split('`').skip(1).step_by(2).map(str::to_owned));
        }
        assert!(words.len() > 30, "{words:?}");
        for word in words {
            let forms = [
                format!("`{word}`"),
                format!("`[{word}]`"),
                format!("`[[{word}]]`"),
            ];
            assert!(forms.iter().any(|form| page.contains(form)), "{word}");
        }
    }

    #[test]
    fn a_directory_of_packages_is_its_packages() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        std::fs::write(&path, "kernel = [\"debs\", \"tree\"]").unwrap();
        for name in ["debs", "debs/apt", "tree"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        for name in ["debs/b.deb", "debs/a.deb", "debs/notes.txt"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let named = Description::read(&path).unwrap().kernel();
        let expected = ["debs/a.deb", "debs/b.deb", "tree"];
        assert_eq!(named, expected.map(|name| directory.path().join(name)));
    }

    /// Truncated after every byte, deeply nested, and with impossible numbers.
    #[test]
    fn hostile_descriptions_end_in_a_result() {
        let text = include_str!("../../appliance/appliance.toml");
        for (end, _) in text.char_indices().step_by(9) {
            let _ = read(&text[..end]);
        }
        for deep in [
            format!("x = {}", "[".repeat(100_000)),
            format!("x = {}", "{ a = ".repeat(100_000)),
            format!("{}a = 1", "a.".repeat(100_000)),
            format!("[{}a]", "a.".repeat(100_000)),
            format!("[status]\n{}a = 1", "a.".repeat(100_000)),
        ] {
            assert!(read(&deep).is_err());
        }
        for number in ["-1", "1e999", "9223372036854775807", "99999999999999999999"] {
            for key in ["boot", "data"] {
                if let Ok(description) = read(&format!("[image]\n{key} = {number}")) {
                    let sizes = description.boot_size() | description.data_size();
                    assert!(sizes > 1 << 40, "{number}");
                }
            }
            let _ = read(&format!("[time]\nearliest = {number}"));
            let _ = read(&format!("[watchdog]\ntimeout = {number}"));
            let _ = read(&format!("[log]\nring = {number}"));
        }
    }

    #[test]
    fn mistakes_are_told_together() {
        let problems = read(
            "machine = \"raspberry-pi-33\"\n[run]\nports = [\"80\"]\n[files]\n\"/etc/x\" = { secret = \"x\" }",
        )
        .unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        let problems =
            read("[[services]]\nname = \"a\"\ncommand = [\"/bin/a\"]\nrestart = \"often\"")
                .unwrap_err();
        assert!(problems[0].contains("restart"), "{problems:?}");
        let problems = read("machin = \"x\"").unwrap_err();
        assert!(
            problems[0].contains("unknown field `machin`"),
            "{problems:?}"
        );
    }
}
