//! Programs in C and C++ with shared libraries of their own, linked by xsys and by GNU ld.
//!
//! Each folder of `tests/cases/dynamic-pairs` is a test; `tests/cases/dynamic-pairs/readme` explains the format. Everything is
//! compiled once and linked twice. Both programs must run and say what the case expects, and the dynamic parts of each
//! pair of outputs must mean the same ([`compare`]).

mod case;
mod compare;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use self::case::{Case, Output};
use crate::project::{Ran, find_program, run, skip};

/// Runs the suite; `scratch` gets the outputs.
pub fn run_all(cases: &Path, scratch: &Path) -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = ["gcc", "g++", "ld.bfd"].map(|name| (name, find_program(name)));
    let missing = missing.iter().find(|(_, found)| found.is_none());
    let here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    let reason = match (here, missing) {
        (false, _) => Some("the cases are for Linux on x86-64".to_owned()),
        (true, Some((name, _))) => Some(format!("no `{name}` on this machine")),
        (true, None) => None,
    };
    if let Some(reason) = &reason {
        skip("dynamic_pairs", reason);
    }
    let mut folders: Vec<PathBuf> = match std::fs::read_dir(cases) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    let mut trials = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        match Case::load(&folder) {
            Err(problem) => trials.push(Trial::test(name, move || Err(problem.into()))),
            Ok(case) => {
                let case = Arc::new(case);
                for variant in case.variants.clone() {
                    let title = format!("{name}@{}", variant.name);
                    let (case, work) = (case.clone(), scratch.join(&title));
                    let absent = reason.is_some() || find_program(variant.compilers.0).is_none();
                    let test = move || run_case(&case, &variant, &work).map_err(Failed::from);
                    trials.push(Trial::test(title, test).with_ignored_flag(absent));
                }
            }
        }
    }
    if trials.is_empty() {
        trials.push(Trial::test("cases", || Err("no case was found".into())));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The two linkers, and the folders of their outputs.
const LINKERS: [&str; 2] = ["xsys", "bfd"];

fn run_case(case: &Case, variant: &case::Variant, work: &Path) -> Result<(), String> {
    let _ = std::fs::remove_dir_all(work);
    let io = |e: std::io::Error| format!("cannot prepare the case: {e}");
    for linker in LINKERS {
        std::fs::create_dir_all(work.join(linker)).map_err(io)?;
    }
    let bin = work.join("bin");
    std::fs::create_dir_all(&bin).map_err(io)?;
    let this = std::env::current_exe().map_err(io)?;
    let script = format!("#!/bin/sh\nexec '{}' -flavor gnu \"$@\"\n", this.display());
    std::fs::write(bin.join("ld"), script).map_err(io)?;
    make_executable(&bin.join("ld")).map_err(io)?;
    let last = case.outputs.len().saturating_sub(1);
    for (index, output) in case.outputs.iter().enumerate() {
        let objects = compile(case, output, variant, work)?;
        for linker in LINKERS {
            let ran = link(case, output, variant, &objects, work, linker);
            match (&case.fails, index == last) {
                (Some(said), true)
                    if linker == "xsys"
                        && (ran.code == Some(0) || !ran.stderr.contains(said.as_str())) =>
                {
                    return Err(format!("the link should fail with `{said}`: {ran:?}"));
                }
                (Some(_), true) if ran.code == Some(0) => {
                    return Err(format!("{linker} links what should fail: {}", ran.line));
                }
                (Some(_), true) => {}
                _ if ran.code != Some(0) => {
                    return Err(format!("{linker}: {}\n{}", ran.line, ran.stderr));
                }
                _ => {}
            }
        }
        if case.fails.is_none() {
            let [ours, theirs] = LINKERS.map(|linker| work.join(linker).join(&output.name));
            compare::dynamic_parts(&ours, &theirs, &case.differs)
                .map_err(|e| format!("{}: {e}", output.name))?;
        }
    }
    if case.fails.is_some() {
        return Ok(());
    }
    for linker in LINKERS {
        let folder = work.join(linker);
        let mut command = Command::new(folder.join("main"));
        command.current_dir(&folder).envs(case.env.iter().cloned());
        let ran = run(&mut command);
        if ran.code != Some(case.exit) || ran.stdout.trim_end() != case.out.trim_end() {
            return Err(format!(
                "{linker}: expected {} and `{}`: {ran:?}",
                case.exit, case.out
            ));
        }
    }
    Ok(())
}

fn make_executable(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?;
    }
    let _ = file;
    Ok(())
}

/// Compiles the sources of an output, each into an object; both linkers get the same.
fn compile(
    case: &Case,
    output: &Output,
    variant: &case::Variant,
    work: &Path,
) -> Result<Vec<PathBuf>, String> {
    let mut objects = Vec::new();
    for source in &output.sources {
        let object = work.join(format!("{}-{source}.o", output.name));
        let mut command = Command::new(compiler(variant, source.ends_with(".cpp")));
        command.args(["-c", "-w"]);
        if output.is_shared() {
            command.arg("-fPIC");
        } else {
            command.args(&variant.compile);
        }
        command.args(&case.flags).args(&output.compile);
        command.arg(case.folder.join(source)).arg("-o").arg(&object);
        let ran = run(&mut command);
        if ran.code != Some(0) {
            return Err(format!("{}\n{}", ran.line, ran.stderr));
        }
        objects.push(object);
    }
    Ok(objects)
}

fn compiler(variant: &case::Variant, cpp: bool) -> &'static str {
    match cpp {
        true => variant.compilers.1,
        false => variant.compilers.0,
    }
}

fn link(
    case: &Case,
    output: &Output,
    variant: &case::Variant,
    objects: &[PathBuf],
    work: &Path,
    linker: &str,
) -> Ran {
    let mut command = if output.name.ends_with(".a") {
        let mut command = Command::new("ar");
        command.arg("rcs").arg(&output.name).args(objects);
        command
    } else {
        let mut command = Command::new(compiler(variant, case.has_cpp()));
        match linker {
            "bfd" => command.arg("-fuse-ld=bfd"),
            _ => command.arg("-B").arg(work.join("bin")),
        };
        match output.is_shared() {
            true => command
                .arg("-shared")
                .arg(format!("-Wl,-soname,{}", output.name)),
            false => command.args(&variant.link),
        };
        command.arg("-o").arg(&output.name).args(objects);
        let here = format!("-Wl,--version-script={}/", case.folder.display());
        let list = format!("-Wl,--dynamic-list={}/", case.folder.display());
        command.args(output.link.iter().map(|word| {
            word.replace("-Wl,--version-script=", &here)
                .replace("-Wl,--dynamic-list=", &list)
        }));
        if output.is_shared() || !variant.name.starts_with("static") {
            command.arg("-Wl,-rpath,$ORIGIN");
        }
        command
    };
    run(command.current_dir(work.join(linker)))
}
