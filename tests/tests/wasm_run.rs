//! Wasm programs in the built-in engine, and what `xsys size` says of modules: a folder of
//! `cases/wasm-run/` for each.
//!
//! `command` in such a folder lists steps, a line each:
//!
//! ```text
//! # what the case shows
//! rustc TRIPLE FLAGS… FILE.rs   compiles FILE.wasm with rustc's own standard library and linker
//! wat FILE.wat                  assembles FILE.wasm
//! bytes FILE HEX                a file of these bytes
//! folder NAME                   makes a folder
//! link NAME TARGET              makes a symbolic link (where the system has them)
//! stdin TEXT                    what the next call reads; `\n` is a line's end
//! xsys ARGS                     a call; `alone xsys ARGS` with no other program on PATH
//! needs PROGRAM                 else the case is left out
//! ```
//!
//! `expected.txt` is what all calls of xsys said, in their order: exit code, output and errors,
//! with this machine's paths taken out; `[..]` in it stands for anything. `BLESS=1` writes it
//! where it differs.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use xsys_tests::order::arguments;
use xsys_tests::project::{Place, cases, find_program, folders_in, run, skip, without_settings};
use xsys_tests::project_text::{difference, redact};

fn main() {
    let arguments = arguments();
    let trials = folders_in(&cases("wasm-run"))
        .into_iter()
        .map(|name| Trial::test(name.clone(), move || case(&name)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn case(name: &str) -> Result<(), Failed> {
    let folder = cases("wasm-run").join(name);
    let place = Place::new("wasm-run", name);
    place.copy(&folder, ".");
    let text = std::fs::read_to_string(folder.join("command"))
        .map_err(|error| format!("{}: {error}", folder.join("command").display()))?;
    let mut said = String::new();
    let mut stdin = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let step: Vec<&str> = line.split_whitespace().collect();
        match step.as_slice() {
            [] => {}
            ["rustc", triple, flags @ .., file] => {
                if !compile(&place, triple, flags, file)? {
                    skip(name, &format!("rustc has no standard library for {triple}"));
                    return Ok(());
                }
            }
            ["wat", file] => {
                let module = wat::parse_file(place.path(file))?;
                std::fs::write(place.path(file).with_extension("wasm"), module)?;
            }
            ["bytes", file, hex] => {
                let bytes =
                    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..][..2], 16));
                std::fs::write(place.path(file), bytes.collect::<Result<Vec<u8>, _>>()?)?;
            }
            ["folder", name] => std::fs::create_dir_all(place.path(name))?,
            #[cfg(unix)]
            ["link", name, target] => std::os::unix::fs::symlink(target, place.path(name))?,
            ["stdin", ..] => {
                let text = line.strip_prefix("stdin ").unwrap_or_default();
                stdin = text.replace("\\n", "\n");
            }
            ["needs", program] if find_program(program).is_none() => {
                skip(name, &format!("{program} is not installed"));
                return Ok(());
            }
            ["needs", _] => {}
            ["xsys", args @ ..] => {
                said.push_str(&call(&place, args, &std::mem::take(&mut stdin), false)?);
            }
            ["alone", "xsys", args @ ..] => {
                said.push_str(&call(&place, args, &std::mem::take(&mut stdin), true)?);
            }
            _ => return Err(format!("what is `{line}`?").into()),
        }
    }
    compare(&folder.join("expected.txt"), &said)
}

/// Whether there was a standard library to compile with.
fn compile(place: &Place, triple: &str, flags: &[&str], file: &str) -> Result<bool, Failed> {
    let mut command = Command::new("rustc");
    without_settings(&mut command);
    command
        .current_dir(&place.folder)
        .args(["--edition=2024", "--target", triple])
        .args(flags)
        .arg(file)
        .arg("-o")
        .arg(Path::new(file).with_extension("wasm"));
    let ran = run(&mut command);
    if ran.stderr.contains("can't find crate for") {
        return Ok(false);
    }
    ran.ends_with(0);
    Ok(true)
}

/// What a call said, in the form of `expected.txt`.
fn call(place: &Place, args: &[&str], stdin: &str, alone: bool) -> Result<String, Failed> {
    let mut command = place.xsys(&args.join(" "));
    if alone {
        command.env("PATH", "");
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().ok_or("no input")?;
    // A program that does not read has closed it.
    let _ = input.write_all(stdin.as_bytes());
    drop(input);
    let output = child.wait_with_output()?;
    let text = |bytes: &[u8]| redact(&String::from_utf8_lossy(bytes), &place.folder);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let code = output.status.code();
    let code = code.map_or("a signal".to_owned(), |code| code.to_string());
    let mut said = format!("$ xsys {}\nexit {code}\n", args.join(" "));
    if !stdout.is_empty() {
        said.push_str(&format!("--- stdout\n{stdout}"));
    }
    if !stderr.is_empty() {
        said.push_str(&format!("--- stderr\n{stderr}"));
    }
    Ok(said)
}

fn compare(file: &Path, said: &str) -> Result<(), Failed> {
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    match difference(&expected, said) {
        None => Ok(()),
        Some(_) if std::env::var_os("BLESS").is_some() => {
            Ok(std::fs::write(file, without_versions(said))?)
        }
        Some(difference) => Err(format!(
            "{}: {difference}\n--- said\n{said}--- `BLESS=1` takes it over",
            file.display()
        )
        .into()),
    }
}

/// Lines of the standard library's sources are another version's tomorrow.
fn without_versions(said: &str) -> String {
    said.lines()
        .map(|line| {
            if let Some((before, _)) = line.split_once("at library/") {
                return format!("{before}at library/[..]\n");
            }
            match line.split_once(" of the standard library, which") {
                Some((before, after)) => {
                    let before = before.trim_end_matches(|letter: char| letter.is_ascii_digit());
                    format!("{before}[..] of the standard library, which{after}\n")
                }
                None => format!("{line}\n"),
            }
        })
        .collect()
}
