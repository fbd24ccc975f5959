//! What to write into a spec that rustc refuses: values, not only names of keys.
//!
//! Problem: rustc says "invalid RISC-V ABI name" and means that a key is missing whose values only LLVM's
//! sources list. rustc's own targets know them: a spec is compared with those of its architecture.

use serde_json::Value as Json;
use xsys_diag::Diagnostic;

use crate::spec::Spec;

/// Adds what is known about the keys that a message is about.
pub(crate) fn add(problem: &mut Diagnostic, spec: &Spec, builtin: &Json) {
    let missing = |problem: &Diagnostic, key: &str| {
        let text = format!("add the key `{key}`");
        problem.help.iter().position(|help| *help == text)
    };
    for key in ["llvm-abiname", "llvm-floatabi"] {
        if let Some(at) = missing(problem, key) {
            let fitting = fitting(key, spec);
            let values = values(key, spec, builtin);
            if let Some(value) = &fitting {
                problem.help[at] = format!("add \"{key}\": \"{value}\"");
            }
            if !values.is_empty() {
                let list: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                problem.notes.push(format!(
                    "values of `{key}` for {}: {}",
                    spec.arch(),
                    list.join(", ")
                ));
            }
        }
    }
    if let Some(abi) = soft_float_abi(spec, builtin) {
        problem.help.push(format!(
            "`+soft-float` needs \"rustc-abi\": \"{abi}\" beside it"
        ));
    }
}

/// The value that goes with a spec's features.
fn fitting(key: &str, spec: &Spec) -> Option<String> {
    let features = spec.features();
    let has = |name: &str| features.contains(&name);
    if key == "llvm-floatabi" {
        let hard = spec.abi() == "eabihf" || spec.llvm_target().ends_with("eabihf");
        return Some(if hard { "hard" } else { "soft" }.to_owned());
    }
    let base = match spec.arch() {
        "riscv32" => "ilp32",
        "riscv64" => "lp64",
        "loongarch64" => return Some(if has("+d") { "lp64d" } else { "lp64s" }.to_owned()),
        _ => return None,
    };
    let suffix = match () {
        () if has("+d") => "d",
        () if has("+f") => "f",
        () if has("+e") => "e",
        () => "",
    };
    Some(format!("{base}{suffix}"))
}

/// The values that rustc's targets of this architecture have.
fn values(key: &str, spec: &Spec, builtin: &Json) -> Vec<String> {
    let of_arch = |other: &&Json| other.get("arch").and_then(Json::as_str) == Some(spec.arch());
    let mut values: Vec<String> = builtin
        .as_object()
        .into_iter()
        .flat_map(|specs| specs.values())
        .filter(of_arch)
        .filter_map(|other| other.get(key)?.as_str().map(str::to_owned))
        .collect();
    values.sort();
    values.dedup();
    values
}

/// The ABI that x86 without floating-point registers has in this rustc, if the spec wants it and
/// does not say so.
fn soft_float_abi(spec: &Spec, builtin: &Json) -> Option<String> {
    let wants = matches!(spec.arch(), "x86" | "x86_64")
        && spec.features().contains(&"+soft-float")
        && spec.string("rustc-abi").is_none();
    if !wants {
        return None;
    }
    let own = builtin.get("x86_64-unknown-none")?;
    Some(own.get("rustc-abi")?.as_str()?.to_owned())
}

/// Atomic operations wider than those of any of rustc's targets for the same processor: core has
/// functions for them, but nothing defines the `__atomic_…` or `__sync_…` that they call.
pub(crate) fn wide_atomics(spec: &Spec, builtin: &Json) -> Option<Diagnostic> {
    let wanted = spec.number("max-atomic-width")?;
    let family = |triple: &str| triple.split('-').next().unwrap_or_default().to_owned();
    let own = family(spec.llvm_target());
    let (name, widest) = builtin
        .as_object()?
        .iter()
        .filter(|(_, other)| {
            let triple = other.get("llvm-target").and_then(Json::as_str);
            triple.is_some_and(|triple| family(triple) == own)
        })
        .map(|(name, other)| {
            let pointer = other.get("target-pointer-width").and_then(Json::as_u64);
            let width = other.get("max-atomic-width").and_then(Json::as_u64);
            (name, width.or(pointer).unwrap_or(0))
        })
        .max_by_key(|(_, width)| *width)?;
    (wanted > widest).then(|| {
        Diagnostic::warning(format!(
            "`max-atomic-width` is {wanted}, and no {own} has atomic operations of more than {widest} bits"
        ))
        .note(format!("rustc's own `{name}` has {widest}"))
        .help(format!(
            "write {widest}; `portable-atomic` gives programs wider ones"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(text: &str) -> Spec {
        let source = xsys_diag::Source {
            path: "t.json".into(),
            text: text.into(),
        };
        let target = crate::Target::from_json("t".to_owned(), source, None).unwrap();
        target.spec.clone()
    }

    #[test]
    fn abis_follow_features() {
        for (arch, features, expected) in [
            ("riscv32", "+m,+a,+c", Some("ilp32")),
            ("riscv32", "+e,+c", Some("ilp32e")),
            ("riscv32", "+f", Some("ilp32f")),
            ("riscv64", "+f,+d", Some("lp64d")),
            ("riscv64", "", Some("lp64")),
            ("sparc64", "", None),
        ] {
            let spec = spec(&format!(
                r#"{{"arch":"{arch}","features":"{features}","llvm-target":"x","data-layout":"e","target-pointer-width":32}}"#
            ));
            assert_eq!(
                fitting("llvm-abiname", &spec).as_deref(),
                expected,
                "{arch} {features}"
            );
        }
    }

    #[test]
    fn atomics_are_those_of_the_family() {
        let builtin = json!({
            "thumbv7em-none-eabi": {"llvm-target": "thumbv7em-none-eabi", "target-pointer-width": 32},
            "armv7a-none-eabi": {"llvm-target": "armv7a-none-eabi", "target-pointer-width": 32, "max-atomic-width": 64},
        });
        for (llvm, width, expected) in [
            ("thumbv7em-none-eabihf", 64, true),
            ("thumbv7em-none-eabi", 32, false),
            ("armv7a-none-eabi", 64, false),
            ("unheard-of", 128, false),
        ] {
            let spec = spec(&format!(
                r#"{{"arch":"arm","llvm-target":"{llvm}","max-atomic-width":{width},"data-layout":"e","target-pointer-width":32}}"#
            ));
            assert_eq!(
                wide_atomics(&spec, &builtin).is_some(),
                expected,
                "{llvm} {width}"
            );
        }
    }
}
