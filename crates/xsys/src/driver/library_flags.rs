//! Which of a program's rustflags the standard library is compiled with as well.
//!
//! `-Zbuild-std` gives core, alloc and std all of them. A sysroot that is kept and shared gets those that change code,
//! in one spelling, because they are part of its key. Flags about linking, lints, output and other crates have no
//! effect on an rlib and would only produce the same bytes again under another key. `docs/flags.md` lists them.

use xsys_diag::Diagnostic;

/// Codegen options that do not affect a library's code.
const CODEGEN: [&str; 28] = [
    "ar",
    // compiler_builtins needs one object per function.
    "codegen-units",
    "default-linker-libraries",
    "dlltool",
    "embed-bitcode",
    "extra-filename",
    "incremental",
    "instrument-coverage",
    "link-arg",
    "link-args",
    "link-dead-code",
    "link-self-contained",
    "linker",
    "linker-features",
    "linker-flavor",
    "linker-plugin-lto",
    "lto",
    "metadata",
    "no-stack-check",
    // The strategy is a setting of its own: it decides which crates are included.
    "panic",
    "prefer-dynamic",
    "profile-generate",
    "profile-use",
    "remark",
    "rpath",
    "save-temps",
    "split-debuginfo",
    "strip",
];

/// Unstable options that do not affect a library's code, by prefix.
const UNSTABLE: [&str; 23] = [
    "allow-features",
    "assert-incr-state",
    "crate-attr",
    "dump-",
    "identify-regions",
    "incremental",
    "input-stats",
    "llvm-time-trace",
    "macro-",
    "meta-stats",
    "no-link",
    "panic-abort-tests",
    "parse-",
    "pre-link-arg",
    "print-",
    "proc-macro-",
    "remap-",
    "self-profile",
    "span-",
    "threads",
    "time-",
    "ui-testing",
    "unstable-options",
];

/// Options of rustc itself that change a library's code; the second takes a value.
const PLAIN: [(&str, bool); 3] = [("-g", false), ("-O", false), ("--cfg", true)];

/// Options of rustc itself that take a value and do not affect a library's code.
const WITH_VALUE: [&str; 24] = [
    "-A",
    "-D",
    "-F",
    "-L",
    "-W",
    "-l",
    "-o",
    "--allow",
    "--cap-lints",
    "--check-cfg",
    "--color",
    "--crate-name",
    "--crate-type",
    "--deny",
    "--edition",
    "--emit",
    "--error-format",
    "--extern",
    "--forbid",
    "--out-dir",
    "--print",
    "--remap-path-prefix",
    "--sysroot",
    "--warn",
];

/// The flags of a program that the standard library gets, each in rustc's short spelling; for
/// options that take effect once, the last.
pub(crate) fn handed_on(flags: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for flag in split(flags).into_iter().filter_map(Flag::into_library) {
        if let Some(name) = counts_once(&flag) {
            kept.retain(|other| counts_once(other) != Some(name));
        }
        if !flag.starts_with("--cfg") || !kept.contains(&flag) {
            kept.push(flag);
        }
    }
    // Order only matters for options that accumulate.
    kept.sort_by_key(|flag| match counts_once(flag) {
        Some(_) => flag.clone(),
        None if flag.starts_with("--cfg") => flag.clone(),
        None => "~".to_owned(),
    });
    kept
}

/// The flags of `[package.metadata.xsys.sysroot]`, which are for the standard library alone: one
/// without effect on it is a mistake.
pub(crate) fn own(flags: &[String]) -> Result<Vec<String>, Vec<Diagnostic>> {
    let useless: Vec<Diagnostic> = split(flags)
        .into_iter()
        .filter_map(|flag| {
            let text = flag.text();
            flag.into_library().is_none().then(|| {
                Diagnostic::error(format!("`{text}` does not change the standard library's code"))
                    .note("`rustflags` of the sysroot are for core, alloc and std alone")
                    .help("remove it, or put it where cargo looks for the program's flags: `.cargo/config.toml`")
            })
        })
        .collect();
    if useless.is_empty() {
        Ok(handed_on(flags))
    } else {
        Err(useless)
    }
}

/// A flag with its value.
enum Flag {
    Codegen(String),
    Unstable(String),
    Other(String, Option<String>),
}

impl Flag {
    fn text(&self) -> String {
        match self {
            Self::Codegen(option) => format!("-C{option}"),
            Self::Unstable(option) => format!("-Z{option}"),
            Self::Other(name, None) => name.clone(),
            Self::Other(name, Some(value)) if name.starts_with("--") => format!("{name}={value}"),
            Self::Other(name, Some(value)) => format!("{name}{value}"),
        }
    }

    /// The flag as a library gets it, if it does.
    fn into_library(self) -> Option<String> {
        let keep = match &self {
            Self::Codegen(option) => !CODEGEN.contains(&name(option)),
            Self::Unstable(option) => !UNSTABLE.iter().any(|start| option.starts_with(start)),
            Self::Other(name, _) => PLAIN.iter().any(|(plain, _)| plain == name),
        };
        match self.text() {
            _ if !keep => None,
            text if text == "-g" => Some("-Cdebuginfo=2".to_owned()),
            text if text == "-O" => Some("-Copt-level=3".to_owned()),
            text => Some(text),
        }
    }
}

/// Joins flags and their values.
fn split(flags: &[String]) -> Vec<Flag> {
    let mut found = Vec::new();
    let mut rest = flags.iter().map(String::as_str);
    while let Some(flag) = rest.next() {
        let (name, inline) = parts(flag);
        let takes_value =
            matches!(name, "-C" | "-Z" | "--codegen" | "--cfg") || WITH_VALUE.contains(&name);
        let value = match inline {
            Some(value) => Some(value),
            None if takes_value => rest.next(),
            None => None,
        };
        // rustc takes `_` for `-` in names of options.
        let option = || {
            let text = value.unwrap_or_default();
            let (name, value) = text
                .split_once('=')
                .map_or((text, None), |(name, value)| (name, Some(value)));
            let name = name.replace('_', "-");
            value.map_or(name.clone(), |value| format!("{name}={value}"))
        };
        found.push(match name {
            "-C" | "--codegen" => Flag::Codegen(option()),
            "-Z" => Flag::Unstable(option()),
            name => Flag::Other(name.to_owned(), value.map(str::to_owned)),
        });
    }
    found
}

/// A flag's name and its value in the same word.
fn parts(flag: &str) -> (&str, Option<&str>) {
    if flag.starts_with("--") {
        return flag
            .split_once('=')
            .map_or((flag, None), |(name, value)| (name, Some(value)));
    }
    match flag.split_at_checked(2) {
        Some((name, value)) if !value.is_empty() => (name, Some(value.trim_start())),
        _ => (flag, None),
    }
}

/// The name of an option of which only the last counts.
fn counts_once(flag: &str) -> Option<&str> {
    let option = flag
        .strip_prefix("-C")
        .or_else(|| flag.strip_prefix("-Z"))?;
    let adds_up = ["target-feature", "llvm-args", "passes", "sanitizer"];
    let length = flag.len() - option.len() + name(option).len();
    (!adds_up.contains(&name(option))).then(|| &flag[..length])
}

fn name(option: &str) -> &str {
    option.split('=').next().unwrap_or(option)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_changes_code_is_handed_on_in_one_spelling() {
        for (flags, expected) in [
            ("-C force_frame_pointers=yes", "-Cforce-frame-pointers=yes"),
            (
                "--codegen code-model=kernel --codegen=no-redzone",
                "-Ccode-model=kernel -Cno-redzone",
            ),
            (
                "-Ctarget-cpu=a -Ctarget-feature=+x -Ctarget-feature=-y -Ctarget-cpu=b",
                "-Ctarget-cpu=b -Ctarget-feature=+x -Ctarget-feature=-y",
            ),
            ("-g -O", "-Cdebuginfo=2 -Copt-level=3"),
            ("-g -Cdebuginfo=0", "-Cdebuginfo=0"),
            ("--cfg a --cfg=b=\"c\" --cfg a", "--cfg=a --cfg=b=\"c\""),
            (
                "-Z emit-stack-sizes -Zsanitizer=cfi -Zunstable-options",
                "-Zemit-stack-sizes -Zsanitizer=cfi",
            ),
            // Linking, lints, output, other crates.
            (
                "-Clink-arg=-Tlink.x -C link-args=-n -Clinker=cc -C linker-flavor=gcc",
                "",
            ),
            (
                "-L /x -L/y -lc -l static=z --extern a=b -Dwarnings -W unused --cap-lints=warn",
                "",
            ),
            (
                "-Clto -Cstrip=debuginfo -Csave-temps -Cincremental=/x -Cmetadata=1 -Zthreads=8",
                "",
            ),
            (
                "--emit asm -o x --sysroot /s --remap-path-prefix=a=b -Cpanic=abort -Zdump-mir=all -v",
                "",
            ),
            // Values that look like flags.
            ("-A -C -C relocation-model=pic", "-Crelocation-model=pic"),
            ("-C", "-C"),
        ] {
            assert_eq!(handed_on(&words(flags)), words(expected), "{flags}");
        }
    }

    #[test]
    fn flags_for_the_library_alone_have_to_reach_it() {
        assert_eq!(
            own(&words("-C code-model=kernel")).unwrap(),
            ["-Ccode-model=kernel"]
        );
        let problems = own(&words("-Cno-redzone -C link-arg=-x -Dwarnings")).unwrap_err();
        let messages: Vec<&str> = problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "`-Clink-arg=-x` does not change the standard library's code",
                "`-Dwarnings` does not change the standard library's code",
            ]
        );
    }
}
