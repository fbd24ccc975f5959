//! What `Target::check` says about specs, with the rustc that is installed.
//!
//! Messages of rustc and LLVM are theirs and change; the tests pin what xsys makes of them: the
//! place, and the help where xsys knows the answer.

use xsys_diag::{Diagnostic, Source};
use xsys_target::{Rustc, Target};

/// The toolchain under test, and nightly where rustup has one.
fn compilers() -> Vec<Rustc> {
    let nightly = vec![("RUSTUP_TOOLCHAIN".into(), "nightly".into())];
    let mut list = vec![Rustc::new("rustc".into()).unwrap()];
    list.extend(Rustc::with("rustc".into(), nightly, None));
    list
}

fn target(name: &str, text: &str) -> Result<Target, Vec<Diagnostic>> {
    let source = Source {
        path: format!("{name}.json").into(),
        text: text.into(),
    };
    Target::from_json(name.to_owned(), source, None)
}

/// A small spec, a key a line, that every compiler accepts.
const ARM: &[(&str, &str)] = &[
    ("arch", "\"arm\""),
    ("llvm-target", "\"thumbv7m-none-eabi\""),
    (
        "data-layout",
        "\"e-m:e-p:32:32-Fi8-i64:64-v128:64:128-a:0:32-n32-S64\"",
    ),
    ("target-pointer-width", "32"),
    ("abi", "\"eabi\""),
    ("llvm-floatabi", "\"soft\""),
    ("cpu", "\"cortex-m3\""),
    ("features", "\"+strict-align\""),
    ("linker-flavor", "\"gnu-lld\""),
    ("panic-strategy", "\"abort\""),
    ("relocation-model", "\"static\""),
    ("max-atomic-width", "32"),
];

const RISCV: &[(&str, &str)] = &[
    ("arch", "\"riscv32\""),
    ("llvm-target", "\"riscv32\""),
    ("data-layout", "\"e-m:e-p:32:32-i64:64-n32-S128\""),
    ("target-pointer-width", "32"),
    ("llvm-abiname", "\"ilp32\""),
    ("cpu", "\"generic-rv32\""),
    ("features", "\"+m,+a,+c\""),
];

/// The spec with one key changed or added, or left out if the value is empty.
fn with(spec: &[(&str, &str)], key: &str, value: &str) -> String {
    let mut members: Vec<String> = Vec::new();
    let mut replaced = false;
    for (known, old) in spec {
        replaced |= *known == key;
        match (*known == key, value) {
            (true, "") => {}
            (true, new) => members.push(format!("  \"{key}\": {new}")),
            (false, _) => members.push(format!("  \"{known}\": {old}")),
        }
    }
    if !replaced && !value.is_empty() {
        members.push(format!("  \"{key}\": {value}"));
    }
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

#[test]
fn good_specs_pass() {
    for rustc in compilers() {
        for (name, spec) in [
            ("thumbv7m-acme-none-eabi", ARM),
            ("riscv32imac-acme-none-elf", RISCV),
        ] {
            let text = with(spec, "metadata", "{\"description\": \"mine\"}");
            let found = target(name, &text).unwrap().check(&rustc).unwrap();
            assert_eq!(found, [], "{name}, rustc {}", rustc.release());
        }
    }
}

#[test]
fn checks_at_once_do_not_meet() {
    let rustc = &compilers()[0];
    let text = with(ARM, "metadata", "{\"description\": \"mine\"}");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let spec = target("thumbv7m-acme-none-eabi", &text).unwrap();
                assert_eq!(spec.check(rustc).unwrap(), []);
            });
        }
    });
}

#[test]
fn builtin_specs_pass_their_own_schema() {
    // As files they may still be refused: rustc prints keys that it does not read back.
    for rustc in compilers() {
        for triple in [
            "aarch64-unknown-linux-musl",
            "x86_64-unknown-none",
            "thumbv7em-none-eabihf",
            "riscv64gc-unknown-linux-gnu",
            "powerpc-unknown-linux-gnu",
            "wasm32-unknown-unknown",
            "msp430-none-elf",
        ] {
            let text = rustc.target_spec_json(triple).unwrap();
            let found = target(triple, &text).unwrap().check(&rustc).unwrap();
            assert_eq!(found, [], "{triple}, rustc {}", rustc.release());
        }
    }
}

/// Checks the changed spec, and that exactly these problems are found.
fn check(spec: &[(&str, &str)], key: &str, value: &str, expected: &[&str]) {
    let name = match spec[0].1 {
        "\"arm\"" => "thumbv7m-acme-none-eabi",
        _ => "riscv32imac-acme-none-elf",
    };
    for rustc in compilers() {
        let found: Vec<String> = target(name, &with(spec, key, value))
            .unwrap()
            .check(&rustc)
            .unwrap()
            .iter()
            .map(|problem| problem.to_string().replace(rustc.release(), "VERSION"))
            .collect();
        assert_eq!(
            found,
            expected,
            "{key} = {value}, rustc {}",
            rustc.release()
        );
    }
}

#[test]
fn the_schema_finds_these() {
    check(
        ARM,
        "panic-stratgy",
        "\"abort\"",
        &[
            "error: unknown key `panic-stratgy`\n  --> thumbv7m-acme-none-eabi.json:14:3: rustc VERSION does not know it\n  = help: did you mean `panic-strategy`?",
        ],
    );
    check(
        ARM,
        "target-pointer-width",
        "\"32\"",
        &[
            "error: wrong type for `target-pointer-width`\n  --> thumbv7m-acme-none-eabi.json:5:27: expected a number from 0 to 65535\n  = help: write 32 without quotes",
        ],
    );
    check(
        ARM,
        "panic-strategy",
        "\"aborts\"",
        &[
            "error: `aborts` is no value of `panic-strategy`\n  --> thumbv7m-acme-none-eabi.json:11:21: expected one of `unwind`, `abort`, `immediate-abort`\n  = help: did you mean `abort`?",
        ],
    );
    check(
        ARM,
        "data-layout",
        "",
        &[
            "error: missing key `data-layout`\n  --> thumbv7m-acme-none-eabi.json:1:1: in the target spec\n  = note: `data-layout` is a string\n  = help: `thumbv7m-none-eabi` has \"data-layout\": \"e-m:e-p:32:32-Fi8-i64:64-v128:64:128-a:0:32-n32-S64\"",
        ],
    );
    check(
        ARM,
        "is-builtin",
        "true",
        &[
            "error: unknown key `is-builtin`\n  --> thumbv7m-acme-none-eabi.json:14:3: rustc VERSION does not know it\n  = help: remove it: it only marks the specs that rustc prints of its own",
        ],
    );
}

#[test]
fn rustc_and_llvm_find_these() {
    let layout = "\"e-m:e-p:32:32-Fi8-i64:64-v128:64:128-a:0:32-n32\"";
    check(
        ARM,
        "data-layout",
        layout,
        &[
            "error: the data layout is not LLVM's\n  --> thumbv7m-acme-none-eabi.json:4:18: differs\n  = note: a spec's data layout must be that of the LLVM rustc comes with\n  = help: write \"e-m:e-p:32:32-Fi8-i64:64-v128:64:128-a:0:32-n32-S64\"",
        ],
    );
    check(
        ARM,
        "arch",
        "\"armm\"",
        &[
            "error: rustc VERSION has no architecture `armm`\n  --> thumbv7m-acme-none-eabi.json:2:11: not one of rustc's\n  = help: did you mean `arm`?",
        ],
    );
    check(
        ARM,
        "llvm-target",
        "\"foo-none-eabi\"",
        &[
            "error: could not create LLVM TargetMachine for triple: foo-none-eabi\n  --> thumbv7m-acme-none-eabi.json:3:18\n  = help: `llvm-target` is a triple that LLVM knows, such as that of a similar built-in target",
        ],
    );
    check(
        ARM,
        "cpu",
        "\"cortex-m33x\"",
        &[
            "warning: LLVM knows no processor `cortex-m33x` for this target\n  --> thumbv7m-acme-none-eabi.json:8:11: ignored\n  = help: `rustc --print target-cpus --target TRIPLE` lists what a built-in target has",
        ],
    );
    check(
        ARM,
        "features",
        "\"+strict-align,+turbo\"",
        &[
            "warning: LLVM knows no feature `turbo` for this target\n  --> thumbv7m-acme-none-eabi.json:9:30: ignored\n  = help: `rustc --print target-features --target TRIPLE` lists what a built-in target has",
        ],
    );
    check(
        ARM,
        "linker-flavor",
        "\"lld-link\"",
        &[
            "error: `linker_flavor` must be `msvc` if and only if `is_like_msvc` is set\n  --> thumbv7m-acme-none-eabi.json:10:20",
        ],
    );
    check(
        RISCV,
        "llvm-abiname",
        "\"ilp32d\"",
        &[
            "warning: target feature `d` must be enabled to ensure that the ABI of the current target can be implemented correctly\n  --> riscv32imac-acme-none-elf.json:8:15",
        ],
    );
}

/// The wording differs between compilers; the place and the key to add do not.
#[test]
fn missing_abi_keys_are_named() {
    for (name, spec, (key, value)) in [
        ("thumbv7m-acme-none-eabi", ARM, ("llvm-floatabi", "soft")),
        (
            "riscv32imac-acme-none-elf",
            RISCV,
            ("llvm-abiname", "ilp32"),
        ),
    ] {
        for rustc in compilers() {
            let found = target(name, &with(spec, key, ""))
                .unwrap()
                .check(&rustc)
                .unwrap();
            let [problem] = found.as_slice() else {
                panic!("{key}, rustc {}: {found:?}", rustc.release());
            };
            assert!(
                problem.message.contains("ABI") || problem.message.contains(key),
                "{problem}"
            );
            assert!(!problem.message.contains('\n'), "{problem}");
            assert_eq!(problem.help, [format!("add \"{key}\": \"{value}\"")]);
            assert_eq!(problem.labels[0].span, 0..1);
        }
    }
}

#[test]
fn names_that_mislead_build_scripts() {
    let rustc = Rustc::new("rustc".into()).unwrap();
    let check = |name: &str, spec: &[(&str, &str)]| -> Vec<String> {
        let target = target(name, &with(spec, "vendor", "\"acme\"")).unwrap();
        let found = target.check(&rustc).unwrap();
        found.iter().map(Diagnostic::to_string).collect()
    };
    assert_eq!(
        check("board", ARM),
        [
            "warning: the name `board` hides the architecture from build scripts\n  = note: cortex-m and cortex-m-rt decide by the name of the spec file\n  = help: call it `thumbv7m-acme-none-eabi.json` if you use them"
        ]
    );
    assert_eq!(
        check("board", RISCV),
        [
            "warning: the name `board` hides the architecture from build scripts\n  = note: riscv-rt decides by the name of the spec file\n  = help: call it `riscv32imac-acme-none-elf.json` if you use them"
        ]
    );
    assert_eq!(check("thumbv7m-board", ARM), [""; 0]);
    assert_eq!(check("riscv32imac-acme-none", RISCV), [""; 0]);
}
