//! `xsys new --target TRIPLE`: for each machine of the table a project that runs in QEMU.

#![cfg(unix)]

use xsys_tests::project::{Place, find_program, run, skip, xsys_in};

/// A triple of each program and of each kind of machine that costs a standard library of its own.
const TRIPLES: [(&str, &str, &str); 3] = [
    (
        "thumbv7m-none-eabi",
        "qemu-system-arm",
        "hello from a Cortex-M",
    ),
    (
        "aarch64-unknown-none",
        "qemu-system-aarch64",
        "hello from an AArch64 machine",
    ),
    (
        "riscv32imac-unknown-none-elf",
        "qemu-system-riscv32",
        "hello from a RISC-V machine",
    ),
];

#[test]
fn a_triple_gives_a_project_that_runs() {
    // Below this repository it would become a member of its workspace.
    let place = Place {
        folder: std::env::temp_dir().join(format!("xsys-new-{}", std::process::id())),
    };
    std::fs::create_dir_all(&place.folder).expect("a folder can be made");
    for (triple, qemu, expected) in TRIPLES {
        run(&mut place.xsys(&format!("new on-{triple} --target {triple}")))
            .ends_with(0)
            .tells("Created");
        if find_program(qemu).is_none() {
            skip(triple, &format!("`{qemu}` is not installed"));
            continue;
        }
        let project = place.path(&format!("on-{triple}"));
        for profile in ["dev", "release"] {
            let mut command = xsys_in(&project);
            command.args(["run", "--profile", profile]);
            let ran = run(&mut command).ends_with(0);
            assert_eq!(ran.stdout.trim(), expected, "{triple} {profile}");
            assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
        }
    }
    std::fs::remove_dir_all(&place.folder).expect("it was made here");
}

#[test]
fn unknown_triples_and_both_at_once_are_mistakes() {
    let place = Place::new("new", "mistakes");
    run(&mut place.xsys("new a --target thumbv7m-none-eabj"))
        .ends_with(1)
        .tells("did you mean `thumbv7m-none-eabi`?");
    run(&mut place.xsys("new a --target thumbv7m-none-eabi --board arduino-uno")).ends_with(2);
    assert!(!place.path("a").exists());
}
