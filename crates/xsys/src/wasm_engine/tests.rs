//! Small modules in the text format: entries, host functions, and what traps say.

use super::trap::TRAPPED;
use super::*;

/// Runs a module in text form; the exit code, or the first problem and its code.
fn outcome(text: &str, arguments: &[&str]) -> std::result::Result<i32, (u8, String)> {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let wasm = wat::parse_str(text).unwrap_or(text.as_bytes().to_vec());
    run(
        &wasm,
        Path::new("test.wasm"),
        &arguments,
        &Options::default(),
    )
    .map_err(|failure| (failure.code, failure.diagnostics[0].to_string()))
}

#[test]
fn entries_and_exit_codes() {
    for (text, expected) in [
        (r#"(module (func (export "_start")))"#, 0),
        (
            r#"(module (func (export "run") (result i32) i32.const 3))"#,
            3,
        ),
        (
            r#"(module (func (export "main") (param i32 i32) (result i32)
                local.get 0 local.get 1 i32.add i32.const 7 i32.add))"#,
            7,
        ),
        (
            r#"(module (import "xsys" "exit" (func $e (param i32)))
                (func (export "_start") i32.const 5 call $e unreachable))"#,
            5,
        ),
        (
            r#"(module (global $g (mut i32) (i32.const 0))
                (func (export "_initialize") i32.const 9 global.set $g)
                (func (export "run") (result i32) global.get $g))"#,
            9,
        ),
    ] {
        assert_eq!(outcome(text, &[]), Ok(expected), "{text}");
    }
}

#[test]
fn host_functions_see_arguments_and_memory() {
    // Adds the length of argument 1 to its first byte; random and now_ms must return something.
    let text = r#"(module
        (import "xsys" "arg_count" (func $count (result i32)))
        (import "xsys" "arg_len" (func $len (param i32) (result i32)))
        (import "xsys" "arg_copy" (func $copy (param i32 i32)))
        (import "xsys" "now_ms" (func $now (result f64)))
        (import "xsys" "random" (func $random (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "run") (result i32)
            (call $copy (i32.const 1) (i32.const 64))
            (call $random (i32.const 0) (i32.const 16))
            (if (i64.eq (i64.load (i32.const 0)) (i64.load (i32.const 8))) (then unreachable))
            (if (f64.lt (call $now) (f64.const 1e12)) (then unreachable))
            (i32.add (i32.mul (call $count) (i32.const 1000))
                (i32.add (call $len (i32.const 1)) (i32.load8_u (i32.const 64))))))"#;
    assert_eq!(outcome(text, &["x", "abc"]), Ok(2000 + 3 + 97));
    let (code, problem) = outcome(text, &["x"]).unwrap_err();
    assert_eq!(code, TRAPPED);
    assert!(problem.contains("there is no argument 1 of 1"), "{problem}");
}

#[test]
fn calls_by_name() {
    let text = r#"(module (func (export "add") (param i32 i64) (result i64)
        local.get 0 i64.extend_i32_u local.get 1 i64.add))"#;
    assert_eq!(
        outcome(text, &["--invoke", "add", "4294967295", "-1"]),
        Ok(0)
    );
    for (arguments, expected) in [
        (&["--invoke", "ad", "1", "2"][..], "did you mean `add`?"),
        (&["--invoke", "add", "1"], "`add` takes 2 numbers, 1 given"),
        (&["--invoke", "add", "x", "1"], "`x` is not an i32"),
        (&["--invoke"], "needs the name of an export"),
        (&[], "no entry point"),
    ] {
        let (code, problem) = outcome(text, arguments).unwrap_err();
        assert!(code == 1 && problem.contains(expected), "{problem}");
    }
}

#[test]
fn problems() {
    for (text, code, expected) in [
        (
            r#"(module (func (export "run") unreachable))"#,
            TRAPPED,
            "panic hook",
        ),
        (
            r#"(module (func $f (export "run") (call $f)))"#,
            TRAPPED,
            "recursion without an end",
        ),
        (
            r#"(module (import "xsys" "print" (func $p (param i32 i32)))
                (memory (export "memory") 1)
                (func (export "run") (call $p (i32.const 65535) (i32.const 2))))"#,
            TRAPPED,
            "2 bytes at 0xffff are not in the module's memory",
        ),
        (
            r#"(module (import "env" "f" (func (param i32) (result f64))) (import "xsys" "x" (memory 1)))"#,
            1,
            "`env.f`, a function `(i32) -> f64`\n  = note: `xsys.x`, a memory",
        ),
        (
            r#"(module (func (export "main") (param f32)))"#,
            1,
            "it is `(f32)`",
        ),
        ("\0asm", 1, "the module cannot be run"),
    ] {
        let (actual, problem) = outcome(text, &[]).unwrap_err();
        assert_eq!(actual, code, "{problem}");
        assert!(problem.contains(expected), "{problem}");
    }
}
