//! `xsys test` without std: tests of every kind on a board, told as libtest tells them.
//!
//! libtest itself is the measure: the same file is compiled for this machine, and what both say is
//! compared. Only what cannot be the same is taken out: times, numbers of threads, and the advice
//! about backtraces.

use std::path::{Path, PathBuf};
use std::process::Command;

use xsys_tests::project::{
    Place, Ran, find_program, repository, run, skip, without_settings, xsys_in,
};

/// Tests that behave the same with std and without.
const TESTS: &str = r#"
    #[test]
    fn adds() {
        assert_eq!(1 + 1, 2);
    }

    #[test]
    fn fails() {
        assert_eq!(1 + 1, core::hint::black_box(3), "a {} and\t\"this\"", 'ü');
    }

    #[test]
    fn fails_with_an_error() -> Result<(), core::num::ParseIntError> {
        "1x".parse::<u8>().map(|_| ())
    }

    #[test]
    #[ignore]
    fn ignored() {}

    #[test]
    #[ignore = "slow: really"]
    fn ignored_for_a_reason() {
        panic!("not to be run")
    }

    #[test]
    #[should_panic]
    fn should_panic() {
        panic!("x")
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn should_panic_so() {
        let list = [1, 2, 3];
        let _ = list[core::hint::black_box(7)];
    }

    #[test]
    #[should_panic(expected = "other")]
    fn should_panic_otherwise() {
        panic!("this")
    }

    #[test]
    #[should_panic]
    fn should_panic_but_does_not() {}

    mod within {
        #[test]
        fn returns() -> Result<(), ()> {
            Ok(())
        }
    }
"#;

/// Only on a machine that can be switched off.
const HANGS: &str = "
    #[test]
    fn hangs() {
        loop {
            core::hint::spin_loop();
        }
    }
";

/// The Raspberry Pi's program with these tests; none where there is no QEMU for it.
fn project(name: &str) -> Option<PathBuf> {
    if find_program("qemu-system-aarch64").is_none() {
        skip(name, "`qemu-system-aarch64` is not installed");
        return None;
    }
    let place = Place::new("board-tests", name);
    let hello = repository().join("sysroots/raspberry-pi-3/hello");
    let project = place.copy(&hello, "a project");
    let main = project.join("src/main.rs");
    let text = std::fs::read_to_string(&main).expect("the board has a program");
    let text = format!(
        "{text}\n#[cfg(test)]\n#[path = \"kinds.rs\"]\nmod kinds;\n#[cfg(test)]\nmod hanging {{{HANGS}}}\n"
    );
    std::fs::write(&main, text).expect("a file can be written");
    std::fs::write(project.join("src/kinds.rs"), TESTS).expect("a file can be written");
    Some(project)
}

fn on_the_board(project: &Path, options: &str) -> Ran {
    let mut command = xsys_in(project);
    command.args(["test", "--time-limit", "5", "--"]);
    command.args(options.split_whitespace());
    run(&mut command)
}

/// libtest, for this machine.
fn compiled_here(project: &Path) -> PathBuf {
    let root = project.join("src/here.rs");
    std::fs::write(&root, "#[path = \"kinds.rs\"]\nmod kinds;\n").expect("a file can be written");
    let program = project.join("here");
    let mut rustc = Command::new("rustc");
    without_settings(&mut rustc);
    rustc
        .current_dir(project)
        .args(["--edition=2024", "--test", "src/here.rs", "-o"])
        .arg(&program);
    run(&mut rustc).ends_with(0);
    program
}

fn here(program: &Path, options: &str) -> Ran {
    let mut command = Command::new(program);
    without_settings(&mut command);
    command
        .args(options.split_whitespace())
        // What `-Z unstable-options` takes on stable.
        .env("RUSTC_BOOTSTRAP", "1");
    run(&mut command)
}

/// What both must say.
fn common(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        // Where one of them has more tests it leaves more out.
        let line = match line.split_once(" filtered out") {
            Some((counts, _)) => counts.rsplit_once(' ').map_or(counts, |(counts, _)| counts),
            None => line,
        };
        let line = match line.split_once("\"filtered_out\"") {
            Some((counts, _)) => counts,
            None => line,
        };
        if line.starts_with("note: run with `RUST_BACKTRACE=1`") {
            continue;
        }
        let mut line = line.replace(
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\\n",
            "",
        );
        // `thread 'name' (4711) panicked`
        while let Some(at) = line.find("' (") {
            let Some(length) = line[at..].find(')') else {
                break;
            };
            line.replace_range(at + 1..at + length + 1, "");
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[test]
fn libtests_words_are_ours() {
    let Some(project) = project("words") else {
        return;
    };
    let program = compiled_here(&project);
    for options in [
        "kinds --test-threads=1",
        "kinds --test-threads 1 --quiet --show-output",
        "kinds --test-threads=1 --include-ignored",
        "kinds::should --skip otherwise --skip not --test-threads=1",
        "--exact kinds::adds",
        "--exact adds",
        "--ignored kinds::ignored --exact",
        "kinds --list",
        "kinds::a kinds::within --list --format terse",
        "kinds --test-threads=1 --format json -Z unstable-options",
        "kinds --list --format=json -Zunstable-options",
        "kinds --test-threads=1 --exclude-should-panic -Zunstable-options",
    ] {
        let ours = on_the_board(&project, options);
        let theirs = here(&program, options);
        assert_eq!(
            common(&ours.stdout),
            common(&theirs.stdout),
            "{options}\n{}",
            ours.stderr
        );
        assert_eq!(ours.code, theirs.code, "{options}\n{}", ours.stderr);
    }
}

#[test]
fn a_test_that_hangs_ends_at_the_limit_and_others_run() {
    let Some(project) = project("limit") else {
        return;
    };
    let mut command = xsys_in(&project);
    command.args(["test", "--time-limit=2", "--", "--skip", "kinds::fails"]);
    let ran = run(&mut command).ends_with(101);
    for part in [
        "test hanging::hangs ... FAILED (time limit exceeded)",
        "the test did not end within 2 seconds",
        "test kinds::adds ... ok",
        "test tests::counts_primes ... ok",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    // A mistake in the options is told with the exit code of one.
    let ran = on_the_board(&project, "--format json").ends_with(101);
    ran.tells("`--format json` is an unstable option of test programs");
    // What a test prints is seen as it comes; the program's own words at its start, too.
    let ran = on_the_board(&project, "--nocapture --exact kinds::adds").ends_with(0);
    assert!(
        ran.stdout.contains("test kinds::adds ... ok"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_project_may_have_its_boards_name() {
    let place = Place::new("board-tests", "named");
    // Not a member of the workspace that the tests are in.
    place.write("Cargo.toml", "[workspace]\nresolver = \"3\"\n");
    let board = "raspberry-pi-3";
    run(&mut place.xsys(&format!("new {board} --board {board}"))).ends_with(0);
    let manifest = std::fs::read_to_string(place.path(board).join("Cargo.toml"));
    let manifest = manifest.expect("a project has a manifest");
    assert!(
        manifest.contains("board = \"raspberry-pi-3\""),
        "{manifest}"
    );
}
