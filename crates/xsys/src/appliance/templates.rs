//! Templates: texts on a card with what differs between devices (`{{ city }}`).
//!
//! The language is Jinja, by the crate minijinja. An unknown name is an error that points at it: an empty address in a
//! configuration would only be noticed in the field. A text that contains a secret is treated as one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use xsys_diag::{Diagnostic, Source, did_you_mean};
use zeroize::Zeroizing;

use super::secrets::Secrets;

/// Names that xsys gives.
pub(super) const GIVEN: [&str; 5] = ["device", "hostname", "fleet", "machine", SECRET];

const SECRET: &str = "secret";

/// The names that templates can use.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    values: BTreeMap<String, Value>,
    secrets: Arc<Secrets>,
}

/// A template, and where it is.
pub(crate) struct Template<'a> {
    pub text: &'a str,
    pub source: &'a Source,
    /// The whole string in the source, if the template is not a file.
    pub within: Option<Range<usize>>,
}

/// A filled-in template.
pub(crate) struct Rendered {
    pub text: Zeroizing<String>,
    /// Names of the secrets in it.
    pub secrets: Vec<String>,
}

impl Names {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self {
            values: BTreeMap::new(),
            secrets: Arc::new(secrets),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// A variable of the user's.
    pub(crate) fn set_variable(&mut self, name: &str, value: &toml::Value) {
        self.set(name, as_value(value));
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Fills in a template. Without `with_secrets` it must not use any.
    pub(crate) fn render(
        &self,
        template: &Template<'_>,
        with_secrets: bool,
    ) -> Result<Rendered, Diagnostic> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let asked = Arc::new(Asked {
            secrets: Arc::clone(&self.secrets),
            closed: !with_secrets,
            used: Mutex::default(),
            failed: Mutex::default(),
        });
        let mut values = self.values.clone();
        values.insert(
            SECRET.to_owned(),
            Value::from_dyn_object(Arc::clone(&asked)),
        );
        let rendered = environment.render_str(template.text, Value::from(values));
        let used = locked(&asked.used).clone();
        match rendered {
            Ok(text) => Ok(Rendered {
                text: Zeroizing::new(text),
                secrets: used.into_iter().collect(),
            }),
            Err(error) => {
                let problem = match locked(&asked.failed).take() {
                    Some(problem) => problem,
                    None => self.wrong(&error, template, !used.is_empty()),
                };
                Err(placed(problem, template, &error))
            }
        }
    }

    fn wrong(
        &self,
        error: &minijinja::Error,
        template: &Template<'_>,
        with_secrets: bool,
    ) -> Diagnostic {
        if error.kind() == ErrorKind::UndefinedError {
            let said = error.range().and_then(|range| template.text.get(range));
            let said = said.unwrap_or_default().trim();
            let mut known: Vec<String> = self.values.keys().cloned().collect();
            known.extend(self.secrets.names().map(|name| format!("{SECRET}.{name}")));
            let problem = Diagnostic::error(format!(
                "the template names `{said}`, which is nothing known"
            ));
            let known = known.iter().map(String::as_str);
            return match did_you_mean(said, known.clone()) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help(format!(
                    "known: {}; more can be said in `[variables]`",
                    known.collect::<Vec<_>>().join(", ")
                )),
            };
        }
        // Details may quote a value.
        let detail = error.detail().filter(|_| !with_secrets);
        let detail = detail
            .map(|detail| format!(": {detail}"))
            .unwrap_or_default();
        Diagnostic::error(format!(
            "the template cannot be filled in: {}{detail}",
            error.kind()
        ))
    }
}

/// Points to the place in the template.
fn placed(problem: Diagnostic, template: &Template<'_>, error: &minijinja::Error) -> Diagnostic {
    let span = match &template.within {
        Some(within) => within.clone(),
        None => error
            .range()
            .unwrap_or_else(|| line(template.text, error.line())),
    };
    let mut problem = problem;
    let known = problem
        .labels
        .iter()
        .any(|label| label.source == *template.source && label.span == span);
    if !known {
        problem = problem.label(template.source, span, "");
    }
    problem
}

/// The bytes of a line, counted from 1.
fn line(text: &str, number: Option<usize>) -> Range<usize> {
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if Some(at + 1) == number {
            return start..start + line.trim_end().len();
        }
        start += line.len();
    }
    0..0
}

fn as_value(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(yes) => Value::from(*yes),
        toml::Value::Datetime(time) => Value::from(time.to_string()),
        toml::Value::Array(list) => Value::from(list.iter().map(as_value).collect::<Vec<_>>()),
        toml::Value::Table(table) => {
            let entries = table
                .iter()
                .map(|(key, value)| (key.clone(), as_value(value)));
            Value::from(entries.collect::<BTreeMap<_, _>>())
        }
    }
}

/// `secret` in a template: reads those that are named.
struct Asked {
    secrets: Arc<Secrets>,
    closed: bool,
    used: Mutex<BTreeSet<String>>,
    failed: Mutex<Option<Diagnostic>>,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("secrets")
    }
}

impl Object for Asked {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if self.closed {
            let problem = Diagnostic::error("a secret cannot be here: commands and environments are shown by the status page and by `ps`")
                .help("write it to a file, which only the service's user can read: in `[files]` with `secret`, `user` and `mode = 0o400`");
            *locked(&self.failed) = Some(problem);
            return None;
        }
        if !self.secrets.has(name) {
            return None;
        }
        let read = self.secrets.read(name).and_then(|bytes| {
            match std::str::from_utf8(&bytes) {
                // Editors end a file by a line's end.
                Ok(text) => Ok(Value::from(text.strip_suffix('\n').unwrap_or(text))),
                Err(_) => Err(Diagnostic::error(format!(
                    "the secret `{name}` is no text, and cannot be in a template"
                ))
                .help("let it be a file of its own: `{ secret = \"NAME\" }`")),
            }
        });
        match read {
            Ok(value) => {
                locked(&self.used).insert(name.to_owned());
                Some(value)
            }
            Err(problem) => {
                *locked(&self.failed) = Some(problem);
                None
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appliance::secrets::Origin;
    use std::path::Path;

    fn names(directory: &Path) -> Names {
        let source = Source {
            path: "appliance.toml".into(),
            text: "".into(),
        };
        std::fs::write(directory.join("token"), "hunter2\n").unwrap();
        let file = |name: &str| Origin {
            file: Some(name.into()),
            env: None,
        };
        let origins = [("token", file("token")), ("lost", file("lost"))];
        let origins = origins.map(|(name, origin)| (name.to_owned(), origin));
        let secrets = Secrets::new(directory, &source, &origins.into(), |_| 0..0);
        let mut names = Names::new(secrets);
        names.set("city", "Ulm");
        let ports = toml::from_str::<toml::Table>("ports = [80, 443]").unwrap();
        names.set_variable("ports", &ports["ports"]);
        names
    }

    fn rendered(text: &str, with_secrets: bool) -> Result<Rendered, Diagnostic> {
        let directory = tempfile::tempdir().unwrap();
        let source = Source {
            path: "shop.conf".into(),
            text: text.into(),
        };
        let template = Template {
            text,
            source: &source,
            within: None,
        };
        names(directory.path()).render(&template, with_secrets)
    }

    #[test]
    fn values_and_secrets_go_in() {
        let text = "{{ city }}{% for port in ports %} {{ port }}{% endfor %} <{{ city|upper }}>\n";
        let plain = rendered(text, true).unwrap();
        assert_eq!(*plain.text, "Ulm 80 443 <ULM>\n");
        assert!(plain.secrets.is_empty());
        let secret = rendered("token={{ secret.token }}!", true).unwrap();
        assert_eq!(*secret.text, "token=hunter2!");
        assert_eq!(secret.secrets, ["token"]);
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_is() {
        let wrong = |text: &str| rendered(text, true).err().unwrap();
        let problem = wrong("a\nb {{ ctiy }}");
        assert!(problem.message.contains("`ctiy`"), "{problem}");
        assert_eq!(problem.help, ["did you mean `city`?"]);
        assert!(problem.to_string().contains("shop.conf:2:"), "{problem}");
        let problem = wrong("{{ secret.tokn }}");
        assert_eq!(problem.help, ["did you mean `secret.token`?"]);
        let problem = wrong("{{ secret.lost }}");
        assert!(problem.message.contains("lost"), "{problem}");
        let problem = wrong("a\n{{ city");
        assert!(problem.to_string().contains("shop.conf:2:"), "{problem}");
        let problem = wrong("{{ secret.token|int }}");
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
        let problem = rendered("{{ secret.token }}", false).err().unwrap();
        assert!(problem.message.contains("cannot be here"), "{problem}");
    }
}
