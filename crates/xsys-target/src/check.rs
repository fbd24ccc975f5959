//! What is wrong with a spec, said with its place in the file.
//!
//! Three questions, cheapest first; a later one is asked when the earlier ones found nothing:
//! 1. is it what rustc's schema describes (`schema`)?
//! 2. does rustc know the architecture? (It panics later if not.)
//! 3. does rustc compile an empty crate for it? Only that compares the data layout, the CPU and the
//!    features with LLVM's. rustc sees the canonical form, so its line numbers mean nothing;
//!    the place is found by the key its message is about.

use std::ops::Range;

use serde_json::Value as Json;
use xsys_diag::{Diagnostic, Severity, Source, did_you_mean};

use crate::advice;
use crate::json::{self, Node, Value};
use crate::rustc::{Error, Rustc};
use crate::schema::Schema;
use crate::spec::Spec;

/// What xsys itself must be able to read before anything else can be said.
pub(crate) fn essentials(node: &Node, source: &Source) -> Vec<Diagnostic> {
    match node.value {
        Value::Object(_) => Vec::new(),
        _ => {
            let problem = Diagnostic::error("a target spec is a JSON object");
            vec![problem.label(source, node.span.clone(), "this is none")]
        }
    }
}

/// Everything wrong with the spec of a custom target; warnings too. `name` is what cargo calls the target.
pub(crate) fn check(
    name: &str,
    target: &Spec,
    source: &Source,
    rustc: &Rustc,
) -> Result<Vec<Diagnostic>, Error> {
    let node = match json::parse(source) {
        Ok(node) => node,
        Err(problems) => return Ok(problems),
    };
    let spec = SpecFile {
        node: &node,
        source,
    };
    let compiler = format!("rustc {}", rustc.release());
    let schema = rustc.schema()?;
    let Some(schema) = Schema::new(&schema, compiler.clone()) else {
        return Err(Error::Output {
            command: "rustc --print target-spec-json-schema".to_owned(),
            missing: "properties",
        });
    };
    let mut found = schema.check(&node, source);
    let builtin: Json = serde_json::from_str(&rustc.all_target_specs()?).unwrap_or(Json::Null);
    for problem in &mut found {
        if problem.message == "missing key `data-layout`" {
            problem.help.extend(known_layout(target, &builtin));
        }
    }
    if found.is_empty() {
        found.extend(unknown_architecture(&spec, target, &builtin, &compiler));
    }
    if found.is_empty() {
        let mut tried = trial(&spec, name, target, rustc)?;
        for problem in &mut tried {
            advice::add(problem, target, &builtin);
        }
        found.extend(tried);
        found.extend(advice::wide_atomics(target, &builtin).map(|problem| {
            spec.at(
                problem,
                spec.place("max-atomic-width"),
                "wider than the processor's",
            )
        }));
    }
    found.extend(telling_name(name, target));
    Ok(found)
}

/// Finds places in the spec's file.
struct SpecFile<'a> {
    node: &'a Node,
    source: &'a Source,
}

impl SpecFile<'_> {
    /// The place of a value by its path (`a.b[0]`), as far as the path leads.
    fn place(&self, path: &str) -> Option<Range<usize>> {
        let mut steps = path
            .split(['.', '['])
            .map(|step| step.trim_end_matches(']'))
            .filter(|step| !step.is_empty());
        let mut node = &self.node.member(steps.next()?)?.value;
        for step in steps {
            let next = match &node.value {
                Value::Array(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
                _ => node.member(step).map(|member| &member.value),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        Some(node.span.clone())
    }

    /// The place of a word within a string value, or else of the value.
    fn word(&self, key: &str, word: &str) -> Option<Range<usize>> {
        let value = self.place(key)?;
        let text = self.source.text.get(value.clone())?;
        match text.find(word) {
            Some(at) => Some(value.start + at..value.start + at + word.len()),
            None => Some(value),
        }
    }

    /// Labels a problem at a place, or names the file where there is none.
    fn at(&self, problem: Diagnostic, place: Option<Range<usize>>, text: &str) -> Diagnostic {
        match place {
            Some(span) => problem.label(self.source, span, text),
            None => problem.label(
                self.source,
                self.node.span.start..self.node.span.start + 1,
                "",
            ),
        }
    }
}

fn unknown_architecture(
    spec: &SpecFile<'_>,
    target: &Spec,
    builtin: &Json,
    compiler: &str,
) -> Option<Diagnostic> {
    let mut known: Vec<&str> = builtin
        .as_object()?
        .values()
        .filter_map(|spec| spec.get("arch")?.as_str())
        .collect();
    known.sort_unstable();
    known.dedup();
    let arch = target.arch();
    if known.contains(&arch) {
        return None;
    }
    let problem = Diagnostic::error(format!("{compiler} has no architecture `{arch}`"));
    let problem = spec.at(problem, spec.place("arch"), "not one of rustc's");
    Some(match did_you_mean(arch, known.iter().copied()) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem.note(format!("rustc's are {}", known.join(", "))),
    })
}

/// The data layout of a built-in target for the same LLVM target.
fn known_layout(target: &Spec, builtin: &Json) -> Option<String> {
    let (name, layout) = builtin.as_object()?.iter().find_map(|(name, spec)| {
        let same = spec.get("llvm-target")?.as_str()? == target.llvm_target();
        let layout = spec.get("data-layout")?.as_str()?;
        same.then_some((name, layout))
    })?;
    Some(format!("`{name}` has \"data-layout\": \"{layout}\""))
}

/// Compiles an empty crate and turns what rustc and LLVM say into diagnostics.
fn trial(
    spec: &SpecFile<'_>,
    name: &str,
    target: &Spec,
    rustc: &Rustc,
) -> Result<Vec<Diagnostic>, Error> {
    let failed = |source| Error::Start {
        program: rustc.program().to_owned(),
        source,
    };
    let directory = tempfile::tempdir().map_err(failed)?;
    let file = directory.path().join(format!("{}.json", name));
    std::fs::write(&file, target.canonical_json()).map_err(failed)?;
    let output = rustc.trial(&file)?;

    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut messages: Vec<(Severity, String)> = Vec::new();
    for line in stderr.lines() {
        let message = match serde_json::from_str::<Json>(line) {
            Ok(json) => rustc_message(&json),
            Err(_) => llvm_message(line),
        };
        if let Some(message) = message
            && !messages.contains(&message)
        {
            messages.push(message);
        }
    }
    let failed = !output.status.success();
    let explained = messages
        .iter()
        .any(|(severity, _)| *severity == Severity::Error);
    let mut found: Vec<Diagnostic> = messages
        .iter()
        .map(|(severity, text)| explain(spec, *severity, text))
        .collect();
    if failed && !explained {
        let problem = Diagnostic::error(format!("rustc {} rejects the spec", rustc.release()));
        let problem = spec.at(problem, None, "");
        let first: Vec<&str> = stderr.lines().take(8).collect();
        found.push(problem.note(first.join("\n")));
    }
    Ok(found)
}

/// A message of rustc's own, from its JSON form.
fn rustc_message(json: &Json) -> Option<(Severity, String)> {
    let severity = match json.get("level")?.as_str()? {
        "warning" => Severity::Warning,
        level if level.starts_with("error") => Severity::Error,
        _ => return None,
    };
    let text = json.get("message")?.as_str()?;
    let summary = text.starts_with("aborting due to")
        || text.ends_with("warning emitted")
        || text.ends_with("warnings emitted")
        || text.contains("was constructed but not emitted")
        || text.contains("compiler unexpectedly panicked");
    (!summary).then(|| (severity, text.trim().to_owned()))
}

/// A message of LLVM's: a bare line.
fn llvm_message(line: &str) -> Option<(Severity, String)> {
    if let Some(text) = line.strip_prefix("rustc-LLVM ERROR: ") {
        return Some((Severity::Error, text.to_owned()));
    }
    if let Some(at) = line.find("could not create LLVM TargetMachine") {
        return Some((Severity::Error, line[at..].to_owned()));
    }
    line.starts_with('\'')
        .then(|| (Severity::Warning, line.to_owned()))
}

/// Gives a message its place and, where it is known, the remedy.
fn explain(spec: &SpecFile<'_>, severity: Severity, text: &str) -> Diagnostic {
    let text = text
        .strip_prefix("error loading target specification: ")
        .unwrap_or(text);
    // "KEY: MESSAGE at line 1 column 2", where the line is that of the canonical form.
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let new = |message: &str| match severity {
        Severity::Error => Diagnostic::error(message),
        Severity::Warning => Diagnostic::warning(message),
    };
    if let Some((path, message)) = text.split_once(": ")
        && let Some(place) = spec.place(path)
    {
        return spec.at(new(message), Some(place), path);
    }
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();

    if text.starts_with("data-layout for target") {
        let problem = new("the data layout is not LLVM's");
        let problem = spec.at(problem, spec.place("data-layout"), "differs");
        return match quoted.as_slice() {
            [.., theirs] => problem
                .note("a spec's data layout must be that of the LLVM rustc comes with")
                .help(format!("write \"{theirs}\"")),
            [] => problem,
        };
    }
    if let Some((name, rest)) = text
        .strip_prefix('\'')
        .and_then(|text| text.split_once('\''))
    {
        // '+x' is not a recognized feature for this target (ignoring feature)
        let key = if rest.contains("processor") {
            "cpu"
        } else {
            "features"
        };
        let what = if key == "cpu" { "processor" } else { "feature" };
        let bare = name.trim_start_matches(['+', '-']);
        let problem = new(&format!("LLVM knows no {what} `{bare}` for this target"));
        return spec
            .at(problem, spec.word(key, name), "ignored")
            .help(format!(
                "`rustc --print target-{} --target TRIPLE` lists what a built-in target has",
                if key == "cpu" { "cpus" } else { "features" }
            ));
    }
    // The key that a message is about, if the message does not name it.
    let known: &[(&str, &str)] = &[
        ("TargetMachine", "llvm-target"),
        ("ABI name", "llvm-abiname"),
        ("llvm-floatabi", "llvm-floatabi"),
        ("llvm-abiname", "llvm-abiname"),
        ("rustc-abi", "rustc-abi"),
        ("target feature `", "features"),
        (" CPU", "cpu"),
        ("linker flavor", "linker-flavor"),
        ("linker_flavor", "linker-flavor"),
        ("float ABI", "llvm-floatabi"),
        ("specifying a cpu", "need-explicit-cpu"),
    ];
    let key = known
        .iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, key)| *key)
        .or_else(|| quoted.iter().copied().find(|key| spec.place(key).is_some()));
    let place = key.and_then(|key| match quoted.first() {
        Some(word) if key == "features" => spec.word(key, word),
        _ => spec.place(key),
    });
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut problem = new(first.trim_end_matches([':', ' ']));
    if !rest.is_empty() {
        problem = problem.note(rest);
    }
    if key == Some("need-explicit-cpu") {
        // The message asks for an option of rustc, even if the spec has a `cpu`.
        problem = problem
            .help("write `\"cpu\": \"NAME\"` in its place: a spec names its processor itself");
    } else if let (Some(key), None) = (key, &place) {
        problem = problem.help(format!("add the key `{key}`"));
    }
    if text.starts_with("could not create LLVM TargetMachine") {
        problem = problem.help(
            "`llvm-target` is a triple that LLVM knows, such as that of a similar built-in target",
        );
    }
    spec.at(problem, place, "")
}

/// Build scripts of runtime crates look at the target's name: cortex-m-rt for `thumbv7m-…`,
/// riscv-rt for `riscv32imac-VENDOR-OS`. Under another name they build something else, silently.
fn telling_name(name: &str, target: &Spec) -> Option<Diagnostic> {
    if !target.is_bare_metal() {
        return None;
    }
    let first = target.llvm_target().split('-').next().unwrap_or("");
    let (crates, example, fine) = if first.starts_with("thumbv") {
        // cortex-m-rt switches the FPU on where a name ends in `eabihf`; without it the first
        // hard-float instruction faults.
        let hard = target.abi() == "eabihf"
            || target.string("llvm-floatabi") == Some("hard")
            || target.llvm_target().ends_with("eabihf");
        let abi = if hard { "eabihf" } else { "eabi" };
        let example = format!("{first}-{}-none-{abi}.json", target.vendor());
        (
            "cortex-m and cortex-m-rt decide",
            example,
            name.starts_with(&format!("{first}-")) && name.ends_with("eabihf") == hard,
        )
    } else if target.arch().starts_with("riscv") {
        let letters: String = target
            .features()
            .iter()
            .filter_map(|feature| feature.strip_prefix('+'))
            .filter(|feature| feature.len() == 1)
            .collect();
        let example = format!(
            "{}i{letters}-{}-none-elf.json",
            target.arch(),
            target.vendor()
        );
        let fine = name.starts_with(target.arch()) && name.matches('-').count() >= 2;
        ("riscv-rt decides", example, fine)
    } else {
        return None;
    };
    (!fine).then(|| {
        Diagnostic::warning(format!(
            "the name `{}` hides the architecture from build scripts",
            name
        ))
        .note(format!("{crates} by the name of the spec file"))
        .help(format!("call it `{example}` if you use them"))
    })
}
