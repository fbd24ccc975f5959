//! Cases in C and C++: `main.c` or `main.cpp` for WASI, by the system's clang.
//!
//! Rust's objects are much alike. Those of C and C++ have constructors in every file, functions that are in
//! several files, weak functions, signatures that do not agree, sections that other tools read. The linker's
//! arguments come from clang's own driver (`-###`): start file, libraries and their order.
//!
//! Debian's packages are wasi-libc, libc++-14-dev-wasm32, libc++abi-14-dev-wasm32 and
//! libclang-rt-14-dev-wasm32; where they are missing, these cases are left out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::case::quoted;
use crate::link::case::Case;
use crate::link::compile;
use crate::link::oracle::rust_lld;
use crate::project;

const TARGET: &str = "--target=wasm32-wasi";

/// Whether a source is clang's to compile.
pub fn is_c(source: &Path) -> bool {
    let ending = source.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("c" | "cpp"))
}

/// Whether a case is a program in C or C++.
pub fn is_program(case: &Case) -> bool {
    case.sources.first().is_some_and(|main| is_c(main))
}

/// Whether clang, its libraries or tools are not there, or too new for the case.
pub fn missing(case: &Case) -> bool {
    let Some(kit) = kit() else { return true };
    let limit = case.first("clang-below").map(|limit| limit.parse::<u32>());
    let too_new = limit.is_some_and(|limit| !limit.is_ok_and(|limit| kit.major < limit));
    let tools = case.words("tools");
    let no_llc = llvm_ir(&case.words("clang")) && rust_tool("llc").is_none();
    too_new
        || no_llc
        || tools
            .iter()
            .any(|tool| rust_tool(tool).is_none() && !kit.tools.join(tool).exists())
}

/// What is installed.
#[derive(Debug)]
struct Kit {
    version: String,
    major: u32,
    /// The directory of the tools that belong to the compiler.
    tools: PathBuf,
}

fn kit() -> Option<&'static Kit> {
    static KIT: OnceLock<Option<Kit>> = OnceLock::new();
    KIT.get_or_init(|| {
        project::find_program("clang++")?;
        // A name without directories comes back for what is not there.
        let files = ["crt1-command.o", "libc.a", "libc++.a", "libc++abi.a"];
        let found = |name: &&str| {
            let said = ask(&[TARGET, &format!("-print-file-name={name}")])?;
            Path::new(said.trim()).is_absolute().then_some(())
        };
        for name in &files {
            found(name)?;
        }
        let builtins = ask(&[TARGET, "-print-libgcc-file-name"])?;
        Path::new(builtins.trim()).exists().then_some(())?;
        let version = ask(&["--version"])?;
        let major = version.split("version ").nth(1)?.split('.').next()?;
        let tool = ask(&["-print-prog-name=llvm-ar"])?;
        Some(Kit {
            major: major.parse().ok()?,
            tools: Path::new(tool.trim()).parent()?.to_owned(),
            version,
        })
    })
    .as_ref()
}

fn ask(words: &[&str]) -> Option<String> {
    let output = Command::new("clang++").args(words).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// Compiles one file.
pub fn object(source: &Path, flags: &[String], cache: &Path) -> Result<PathBuf, String> {
    let kit = kit().ok_or("clang is not installed")?;
    let file = source.file_name().unwrap_or_default();
    let text = std::fs::read_to_string(source).map_err(|e| format!("{}: {e}", source.display()))?;
    let flags_text = flags.join(" ");
    let parts = [kit.version.as_str(), &flags_text, &text];
    let compile = |object: &Path| {
        let mut command = Command::new(compiler(source));
        // Debug information names files without directories.
        command
            .current_dir(source.parent().unwrap_or(source))
            .args([
                TARGET,
                "-Wall",
                "-Werror",
                "-fdebug-compilation-dir=.",
                "-c",
            ])
            .args(flags)
            .arg(file)
            .arg("-o")
            .arg(object);
        command
    };
    if !llvm_ir(flags) {
        return compile::kept(&parts, cache, compile);
    }
    let ir = compile::kept(&parts, cache, compile)?;
    let llc = rust_tool("llc").ok_or("the component `llvm-tools` is not installed")?;
    compile::kept(&[&parts[..], &["llc"]].concat(), cache, |object| {
        let mut command = Command::new(llc);
        command.args(["-filetype=obj", "-o"]).arg(object).arg(ir);
        command
    })
}

/// Whether the object comes from rustc's LLVM, which is newer than installed compilers and puts sections where
/// the tools look for them.
fn llvm_ir(flags: &[String]) -> bool {
    flags.iter().any(|flag| flag == "-emit-llvm")
}

/// A program of rustup's component `llvm-tools`.
fn rust_tool(name: &str) -> Option<PathBuf> {
    let tool = rust_lld().ok()?.with_file_name(name);
    tool.exists().then_some(tool)
}

fn compiler(source: &Path) -> &'static str {
    match source.extension().is_some_and(|ending| ending == "cpp") {
        true => "clang++",
        false => "clang",
    }
}

/// The arguments that clang passes to its linker for the words of a case: objects, archives and options.
pub fn program_words(case: &Case, words: &[String], work: &Path) -> Result<Vec<String>, String> {
    let mut command = Command::new(compiler(&case.sources[0]));
    command.current_dir(work).args([TARGET, "-###"]);
    for word in words {
        let is_file = word.ends_with(".o") || word.ends_with(".a") || word.starts_with("-l");
        match is_file {
            true => command.arg(word),
            false => command.args(["-Xlinker", word]),
        };
    }
    let output = command.args(["-o", "out.wasm"]).output();
    let output = output.map_err(|e| format!("cannot start clang: {e}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().rfind(|line| line.contains("out.wasm"));
    let mut words = quoted(line.ok_or_else(|| format!("clang tells no command line:\n{said}"))?);
    words.remove(0);
    if let Some(at) = words.iter().position(|word| word == "-o") {
        words.drain(at..at + 2);
    }
    Ok(words)
}

/// Inspects a module with LLVM's tools, the newest that are installed (`$tools` has the compiler's own). Each `inspect`
/// is a line of sh in the module's directory and must succeed; their output must contain each `says`.
pub fn inspect(case: &Case, module: &Path) -> Result<Vec<String>, String> {
    let lines = case.all("inspect");
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let kit = kit().ok_or("clang is not installed")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let newer = rust_tool("llvm-cov").and_then(|tool| Some(tool.parent()?.to_owned()));
    let ours = newer.into_iter().chain([kit.tools.clone()]);
    let folders = ours.chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).map_err(|e| e.to_string())?;
    let output = Command::new("sh")
        .args(["-e", "-c", &lines.join("\n")])
        .current_dir(module.parent().unwrap_or(module))
        .env("PATH", path)
        .env("module", module)
        .env("tools", &kit.tools)
        .env("sources", &case.folder)
        .output()
        .map_err(|e| format!("cannot start sh: {e}"))?;
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let (said, errors) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    let mut problems = Vec::new();
    if !status.success() {
        problems.push(format!("inspect ends with {status}"));
    }
    let squeezed: Vec<&str> = said.split_whitespace().collect();
    let squeezed = squeezed.join(" ");
    let unsaid = case
        .all("says")
        .iter()
        .filter(|text| !squeezed.contains(*text));
    problems.extend(unsaid.map(|text| format!("inspect does not say `{text}`")));
    if !problems.is_empty() {
        problems.push(format!("this is said:\n{said}{errors}"));
    }
    Ok(problems)
}
