//! Flags of cargo's that xsys acts on as well.

use std::ffi::OsString;
use std::path::PathBuf;

/// The meaning of cargo's flags for xsys. They are passed on unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CargoFlags {
    /// The profile's name in manifests (`dev`, `release`, …), if a flag says it.
    pub profile: Option<String>,
    pub manifest_path: Option<PathBuf>,
    pub target_dir: Option<PathBuf>,
    pub packages: Vec<String>,
    pub offline: bool,
    pub keep_going: bool,
    pub quiet: bool,
    pub verbose: u8,
    pub jobs: Option<String>,
    pub message_format: Option<String>,
    /// `-Z NAME` and `-Z NAME=VALUE`, in order.
    pub unstable: Vec<String>,
    /// Cargo's part.
    pub flags: Vec<OsString>,
    /// After `--`: the program's part.
    pub program: Vec<OsString>,
}

impl CargoFlags {
    pub(crate) fn read(args: &[OsString]) -> Self {
        let end = args.iter().position(|arg| arg == "--");
        let (flags, program) = args.split_at(end.unwrap_or(args.len()));
        let mut read = Self {
            flags: flags.to_vec(),
            program: program.iter().skip(1).cloned().collect(),
            ..Self::default()
        };
        let mut rest = flags.iter().map(|arg| arg.to_string_lossy());
        while let Some(arg) = rest.next() {
            let (name, inline) = split_value(&arg);
            let mut value = || {
                inline
                    .map(str::to_owned)
                    .or_else(|| rest.next().map(Into::into))
            };
            match name {
                "--release" | "-r" => read.profile = Some("release".to_owned()),
                "--profile" => read.profile = value(),
                "--manifest-path" => read.manifest_path = value().map(PathBuf::from),
                "--target-dir" => read.target_dir = value().map(PathBuf::from),
                "--package" | "-p" => read.packages.extend(value()),
                "--jobs" | "-j" => read.jobs = value(),
                "--message-format" => read.message_format = value(),
                "--offline" | "--frozen" => read.offline = true,
                "--keep-going" | "--no-fail-fast" => read.keep_going = true,
                "--quiet" | "-q" => read.quiet = true,
                "--verbose" => read.verbose += 1,
                // Flags whose values must not be taken for flags.
                "--features" | "-F" | "--bin" | "--example" | "--test" | "--bench"
                | "--exclude" | "--config" | "-C" => {
                    value();
                }
                "-Z" => read.unstable.extend(value()),
                _ => {
                    let letters = arg.strip_prefix('-').unwrap_or_default();
                    if !letters.is_empty() && letters.chars().all(|letter| letter == 'v') {
                        read.verbose += letters.len() as u8;
                    }
                }
            }
        }
        read
    }

    /// The value of the last `-Z` flag of this name, which may be empty.
    pub(crate) fn unstable(&self, name: &str) -> Option<&str> {
        self.unstable.iter().rev().find_map(|flag| {
            let (own, value) = flag.split_once('=').unwrap_or((flag, ""));
            (own == name).then_some(value)
        })
    }

    /// Whether the user wants cargo's JSON on stdout.
    pub(crate) fn wants_json(&self) -> bool {
        self.message_format
            .as_deref()
            .is_some_and(|format| format.starts_with("json"))
    }
}

/// `--name=value`, `-nVALUE`, or a name alone.
pub(crate) fn split_value(arg: &str) -> (&str, Option<&str>) {
    if arg.starts_with("--") {
        return match arg.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (arg, None),
        };
    }
    for name in ["-j", "-p", "-F", "-Z", "-C"] {
        if let Some(value) = arg.strip_prefix(name)
            && !value.is_empty()
        {
            return (name, Some(value.strip_prefix('=').unwrap_or(value)));
        }
    }
    (arg, None)
}
