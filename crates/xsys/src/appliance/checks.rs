//! Checks of a description beyond its form, and the templates in it that are not files: those of services.

use serde_json::Value;
use xsys_diag::{Diagnostic, did_you_mean};
use xsys_image::kernel::needs;

use super::boards;
use super::description::{Description, no_machine, parse_port};
use super::entry::Origin;
use super::places;
use super::templates::{GIVEN, Template};

impl Description {
    /// What is wrong with it. No file is read.
    pub(super) fn problems(&self) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        let source = &self.source;
        let at = |path: &str| places::place(&self.table, path);
        if needs::machine(self.machine_name()).is_none() {
            let name = self.machine_name();
            problems.push(no_machine(name).label(source, at("machine"), ""));
        }
        let run = self.run_machine();
        if !boards::names().any(|name| name == run) {
            let names: Vec<String> = boards::names().map(|name| format!("`{name}`")).collect();
            let problem = Diagnostic::error(format!("cards do not start on QEMU's `{run}`"))
                .label(source, at("run.machine"), "")
                .help(format!(
                    "in `[run]`, `machine` is one of {}",
                    names.join(", ")
                ));
            problems.push(problem);
        }
        if let Some(name) = &self.keys.hostname {
            problems.extend(self.not_a_hostname(name));
        }
        for (number, port) in self.keys.run.ports.iter().enumerate() {
            if parse_port(port).is_none() {
                let problem = Diagnostic::error(format!("`{port}` is not a pair of ports"))
                    .label(source, at(&format!("run.ports[{number}]")), "")
                    .help("write HOST:GUEST, such as \"8080:80\"");
                problems.push(problem);
            }
        }
        for name in self.keys.variables.keys() {
            if GIVEN.contains(&name.as_str()) {
                let span = places::key(&self.table, "variables", name);
                let problem = Diagnostic::error(format!("`{name}` cannot be a variable"))
                    .label(source, span, "")
                    .note("xsys gives it a value of its own")
                    .help("choose another name");
                problems.push(problem);
            }
        }
        let secrets = self.names.secrets();
        problems.extend(secrets.problems());
        for (place, entry) in &self.keys.files {
            if let Origin::Secret(name) = &entry.origin
                && !secrets.has(name)
            {
                let names: Vec<&str> = secrets.names().collect();
                let problem = Diagnostic::error(format!("no secret is called `{name}`")).label(
                    source,
                    self.file_place(place),
                    "",
                );
                problems.push(match did_you_mean(name, names.iter().copied()) {
                    Some(close) => problem.help(format!("did you mean `{close}`?")),
                    None => problem.help(format!(
                        "say where it is: in `[secrets]` `{name} = {{ file = \"secrets/{name}\" }}`, or `{{ env = \"VARIABLE\" }}`"
                    )),
                });
            }
            if let (Some(mode), span) = (entry.mode, self.file_place(place)) {
                let said = source.text.get(self.mode_place(place)).unwrap_or_default();
                if mode > 7 && said.starts_with(|letter: char| ('1'..='9').contains(&letter)) {
                    let problem = Diagnostic::error(format!(
                        "the mode {said} is a decimal number: as permissions it is {mode:o}"
                    ))
                    .label(source, span, "")
                    .help(format!("write `mode = 0o{said}`"));
                    problems.push(problem);
                }
            }
        }
        problems
    }

    /// A name that is not valid in a network. A directory's name, which is the default, may be anything.
    fn not_a_hostname(&self, name: &str) -> Option<Diagnostic> {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if name.chars().all(allowed) {
            return None;
        }
        let better: String = name
            .chars()
            .map(|letter| if allowed(letter) { letter } else { '-' })
            .collect();
        let span = places::place(&self.table, "hostname");
        let shown = name.escape_debug();
        Some(
            Diagnostic::error(format!("`{shown}` cannot be a name in the network"))
                .label(&self.source, span, "")
                .help(format!(
                    "letters, digits, `-`, `_` and `.` can be in it: `{better}`"
                )),
        )
    }

    /// Files that would be hidden, because something else is mounted or written there when the
    /// appliance runs.
    pub(super) fn hidden_files(&self) -> Vec<Diagnostic> {
        let data = self.for_init(&[], &[], "");
        let data = data["data"]["mount"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mounted = ["/proc", "/sys", "/dev", "/run", "/tmp"];
        let mut problems = Vec::new();
        for place in self.keys.files.keys() {
            let path = format!("/{}", place.trim_start_matches('/'));
            let below = |directory: &str| {
                let rest = path.strip_prefix(directory);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let problem = Diagnostic::error(format!("nobody would see `{path}`"))
                .label(&self.source, self.file_place(place), "")
                .help("give it another path, such as one below `/etc` or `/usr`");
            if below(&data) {
                problems.push(problem.note(format!("the data partition is mounted on `{data}`")));
            } else if let Some(directory) = mounted.iter().find(|directory| below(directory)) {
                problems.push(problem.note(format!(
                    "a file system of the kernel's is mounted on `{directory}`"
                )));
            } else if path == "/etc/resolv.conf" {
                problems.push(
                    problem.note("the init writes this file, with the servers from DHCP or `dns`"),
                );
            }
        }
        problems
    }

    /// The services with their templates filled in.
    pub(super) fn filled_in(&self) -> std::result::Result<Option<Value>, Vec<Diagnostic>> {
        let Some(mut services) = self.keys.services.clone() else {
            return Ok(None);
        };
        let mut problems = Vec::new();
        for (number, service) in services.as_array_mut().into_iter().flatten().enumerate() {
            let mut fill = |key: &str, value: &mut Value| {
                if let Value::String(text) = value {
                    let within = places::place(&self.table, &format!("services[{number}].{key}"));
                    let template = Template {
                        text,
                        source: &self.source,
                        within: Some(within),
                    };
                    match self.names.render(&template, false) {
                        Ok(rendered) => *text = rendered.text.to_string(),
                        Err(problem) => problems.push(problem),
                    }
                }
            };
            let command = service.get_mut("command").and_then(Value::as_array_mut);
            for (at, word) in command.into_iter().flatten().enumerate() {
                fill(&format!("command[{at}]"), word);
            }
            let environment = service
                .get_mut("environment")
                .and_then(Value::as_object_mut);
            for (name, value) in environment.into_iter().flatten() {
                fill(&format!("environment.{name}"), value);
            }
        }
        match problems.is_empty() {
            true => Ok(Some(services)),
            false => Err(problems),
        }
    }
}
