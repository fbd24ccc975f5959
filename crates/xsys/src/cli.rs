//! The command line's grammar.
//!
//! `build`, `run` and `test` take cargo's flags. Those that xsys does not define are passed on
//! unchanged ([`mod@sort`]); those that xsys acts on as well are read by [`CargoFlags`].

mod call;
mod cargo_flags;
mod existing;
mod fetch_kernel;
mod flash;
mod fleet;
mod ld;
mod look;
mod sort;
mod trim_paths;
mod verbs;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use xsys_target::{CrateSet, What};

pub(crate) use self::call::Call;
pub(crate) use self::cargo_flags::{CargoFlags, split_value};
pub(crate) use self::existing::{InitArgs, SetupArgs};
pub(crate) use self::fetch_kernel::FetchKernelArgs;
pub(crate) use self::flash::FlashArgs;
pub(crate) use self::fleet::{
    DiffArgs, FleetBuildArgs, FleetCheckArgs, FleetCommand, FleetFlashArgs, ListFormat,
};
pub(crate) use self::ld::LdArgs;
pub(crate) use self::look::{SizeArgs, SizeBy, StripArgs, WhyArgs};
pub(crate) use self::sort::sort;
pub(crate) use self::trim_paths::TrimPaths;
pub(crate) use self::verbs::{AgainstArgs, BenchArgs, CargoArgs, CleanArgs, CompileArgs};
use crate::ui::When;

/// Takes a Rust project to any machine: builds the standard library for it, links, makes images
/// and runs them.
#[derive(Debug, Parser)]
#[command(name = "xsys", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Colour in messages
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<When>,
    /// How messages are printed: for people, or as a line of JSON each
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub error_format: ErrorFormat,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorFormat {
    Human,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build a project for a target, and its images
    #[command(visible_alias = "b")]
    Build(BuildArgs),
    /// Build a project and run it: natively, under QEMU, or in the built-in wasm engine
    #[command(visible_alias = "r")]
    Run(RunArgs),
    /// Build and run a project's tests the same way
    #[command(visible_alias = "t")]
    Test(TestArgs),
    /// Build and run a project's benchmarks the same way
    Bench(BenchArgs),
    /// Check for errors without making programs
    #[command(visible_alias = "c")]
    Check(CompileArgs),
    /// Check for mistakes with clippy
    Clippy(CompileArgs),
    /// Build the documentation of a project and its dependencies
    #[command(visible_alias = "d")]
    Doc(CompileArgs),
    /// Remove what was built, with images and reports
    Clean(CleanArgs),
    /// Any other command of cargo's, with the same standard library, linker and target
    Cargo(CargoArgs),
    /// The cache of standard libraries
    #[command(subcommand)]
    Sysroot(SysrootCommand),
    /// Targets: what exists, what one means, whether its spec is right
    #[command(subcommand)]
    Target(TargetCommand),
    /// The boards that come with xsys
    #[command(subcommand)]
    Board(BoardCommand),
    /// Make a project that builds and runs at once
    New(NewArgs),
    /// Give an existing project its target, and rust-analyzer the settings for it
    Init(InitArgs),
    /// Set up cargo's configuration, so that plain cargo builds a project for its target
    Setup(SetupArgs),
    /// Turn a linked ELF file into an image, or fetch what an image of an appliance needs
    Image(ImageArgs),
    /// Write a disk image to a card, and compare
    Flash(FlashArgs),
    /// Make many Linux appliances from one file, fleet.toml
    #[command(subcommand)]
    Fleet(FleetCommand),
    /// Show what takes up the space in a program
    Size(SizeArgs),
    /// Show why a function, a section or a crate is in a linked file
    Why(WhyArgs),
    /// Take symbols and debug information out of a linked file, of whatever architecture
    Strip(StripArgs),
    /// Call the linker by itself, with the command lines of GNU ld, lld and wasm-ld
    #[command(disable_help_flag = true, disable_version_flag = true)]
    Ld(LdArgs),
    /// Link with the command lines of gcc and clang, as `xsys-cc` does
    #[command(disable_help_flag = true, disable_version_flag = true)]
    Cc(LdArgs),
    /// Show what is installed, what is missing, and how to get it
    Doctor(DoctorArgs),
    /// Print what a shell needs to complete xsys's command lines
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, or write those of all commands
    Man {
        /// The directory for a page for each command
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

/// The target, in one of three ways.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
pub(crate) struct WhatArgs {
    /// A target-spec JSON file
    #[arg(long, value_name = "FILE")]
    pub target_spec: Option<PathBuf>,
    /// A target that is built into rustc
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// A board: a bundled one's name, or the directory of your own
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

impl WhatArgs {
    pub(crate) fn what(&self) -> Option<What> {
        if let Some(file) = &self.target_spec {
            return Some(What::SpecFile(file.clone()));
        }
        if let Some(name) = &self.board {
            return Some(What::Board(name.clone()));
        }
        self.target.as_deref().map(triple_or_file)
    }
}

/// The targets of a build: one, or as with cargo several triples or spec files.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
pub(crate) struct TargetsArgs {
    /// A target-spec JSON file
    #[arg(long, value_name = "FILE")]
    pub target_spec: Option<PathBuf>,
    /// A target that is built into rustc; may be repeated
    #[arg(long, value_name = "TRIPLE")]
    pub target: Vec<String>,
    /// A board: a bundled one's name, or the directory of your own
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

impl TargetsArgs {
    /// All of them, each once.
    pub(crate) fn all(&self) -> Vec<What> {
        let mut all: Vec<What> = self
            .target_spec
            .iter()
            .cloned()
            .map(What::SpecFile)
            .collect();
        all.extend(self.board.iter().cloned().map(What::Board));
        for text in &self.target {
            let what = triple_or_file(text);
            if !all.contains(&what) {
                all.push(what);
            }
        }
        all
    }
}

/// cargo's `--target` takes both; so does ours.
pub(crate) fn triple_or_file(text: &str) -> What {
    if text.ends_with(".json") {
        What::SpecFile(PathBuf::from(text))
    } else {
        What::Triple(text.to_owned())
    }
}

/// Which crates of the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Crates {
    Core,
    Alloc,
    Std,
}

impl From<Crates> for CrateSet {
    fn from(crates: Crates) -> Self {
        match crates {
            Crates::Core => Self::Core,
            Crates::Alloc => Self::Alloc,
            Crates::Std => Self::Std,
        }
    }
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub what: TargetsArgs,
    /// Images to make beside the program: FORMAT or FORMAT=FILE, with commas or repeated;
    /// `web=DIR` is what pages load of a wasm module
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub emit: Vec<String>,
    /// The part of the standard library to build
    #[arg(long, value_name = "SET")]
    pub crates: Option<Crates>,
    /// Build program and standard library for threads that share their memory (wasm)
    #[arg(long)]
    pub threads: bool,
    /// Who links: only `xsys`, the toolchain's `rust-lld`, the platform's compiler
    /// (`cc`), or a program
    #[arg(long, value_name = "WHO")]
    pub linker: Option<String>,
    /// Which paths of this machine are left out: none, macro, diagnostics, object, all, or several
    /// with commas; `none` in development builds, else `object`
    #[arg(long, value_name = "SCOPES")]
    pub trim_paths: Option<TrimPaths>,
    /// Packages with an `appliance.toml` are built as others are.
    #[arg(skip)]
    pub programs_only: bool,
    /// Everything else is cargo's
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub cargo: Vec<OsString>,
}

/// What fleet.toml, if there is one, says about devices: what their programs are built for, and
/// how.
const NOT_OF_DEVICES: [&str; 7] = [
    "target_spec",
    "target",
    "board",
    "emit",
    "crates",
    "threads",
    "linker",
];

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub build: BuildArgs,
    /// The board's own hello program, wherever you are; where its emulator is missing, the
    /// finished image and how to run it count as success
    #[arg(long, requires = "board")]
    pub hello: bool,
    /// Wait at the first instruction, with gdb attached; SCRIPT is a file of gdb's commands that it
    /// executes before it ends
    #[arg(long, value_name = "SCRIPT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub gdb: Option<OsString>,
    /// Make the card of one of fleet.toml's devices, and boot it in QEMU
    #[arg(long, value_name = "NAME", conflicts_with_all = ["hello", "gdb"], conflicts_with_all = NOT_OF_DEVICES)]
    pub device: Option<String>,
    #[command(flatten)]
    pub wasm: WasmArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub build: BuildArgs,
    /// How long each test may take on a board or in wasm, instead of 60 seconds; with `--appliance`
    /// how long it may take until all services are ready, instead of 120
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub time_limit: Option<u64>,
    /// Boot the package's appliance in QEMU, and test it from here: by the command after `--`, or by
    /// that of `[test]` in appliance.toml, with its address in XSYS_APPLIANCE
    #[arg(long)]
    pub appliance: bool,
    /// Begin with the data partition of the test before, instead of an empty one
    #[arg(long, requires = "appliance")]
    pub keep_data: bool,
    /// One of fleet.toml's devices, in the place of a package's appliance; may be repeated: one is tested after the other
    #[arg(long, value_name = "NAME", requires = "appliance", conflicts_with_all = NOT_OF_DEVICES)]
    pub device: Vec<String>,
    #[command(flatten)]
    pub wasm: WasmArgs,
}

/// What a program in the built-in wasm engine is given.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "WebAssembly programs")]
pub(crate) struct WasmArgs {
    /// A directory that a WASI program may use, under its own name or another; may be repeated
    #[arg(long, value_name = "HOST[::GUEST]")]
    pub dir: Vec<String>,
    /// An environment variable of a WASI program: set, or handed on; may be repeated
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Run at full speed, without recording where a trap happens
    #[arg(long)]
    pub no_backtrace: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SysrootCommand {
    /// Build the standard library for a target, unless it is there
    Build(SysrootBuildArgs),
    /// List what is in the cache
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the directory for `rustc --sysroot`, building it where missing
    Path(SysrootBuildArgs),
    /// Compare the files of entries with their digests
    Verify {
        /// Keys, or their beginnings; all entries where none is given
        #[arg(value_name = "KEY")]
        keys: Vec<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove entries by their keys (or the keys' beginnings)
    Remove {
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<String>,
    },
    /// Remove entries that have not been used for a while
    Prune {
        /// Entries not used for this many days; 0 removes all
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        older_than: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SysrootBuildArgs {
    #[command(flatten)]
    pub what: WhatArgs,
    /// The part of the standard library to build
    #[arg(long, value_name = "SET")]
    pub crates: Option<Crates>,
    /// For threads that share their memory (wasm)
    #[arg(long)]
    pub threads: bool,
    /// Optimisation: 0, 1, 2, 3, s or z
    #[arg(long, value_name = "LEVEL")]
    pub opt_level: Option<String>,
    /// What a panic does: abort or unwind
    #[arg(long, value_name = "STRATEGY")]
    pub panic: Option<String>,
    /// Debug information: 0, line-tables-only, 1 or 2
    #[arg(long, value_name = "LEVEL")]
    pub debug: Option<String>,
    /// Features of std, on top of those the target calls for; `-NAME` takes one away
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub features: Vec<String>,
    /// Flags for rustc, beside those of cargo's configuration; may be repeated
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    pub rustflags: Vec<String>,
    /// Never use the network
    #[arg(long)]
    pub offline: bool,
    /// How many crates to compile at once
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Print only problems
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TargetCommand {
    /// List the targets that rustc knows
    List {
        /// Only names that contain this
        filter: Option<String>,
        /// Also show who links their programs here, or what is missing
        #[arg(long)]
        linkers: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a target means for xsys
    Show {
        #[command(flatten)]
        what: NamedArgs,
        /// The full spec in the canonical form that sysroots are keyed by
        #[arg(long)]
        json: bool,
    },
    /// Check a target: its spec against this rustc, and whether its programs can be linked here
    Check {
        #[command(flatten)]
        what: NamedArgs,
        /// The part of the standard library that programs are to be built with
        #[arg(long, value_name = "SET")]
        crates: Option<Crates>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// A target, with a flag or without.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct NamedArgs {
    /// A triple, a target-spec JSON file, or a board; the project's target if none is given
    #[arg(value_name = "WHAT", conflicts_with = "WhatArgs")]
    pub name: Option<String>,
    #[command(flatten)]
    pub flags: WhatArgs,
}

impl NamedArgs {
    pub(crate) fn what(&self) -> Option<What> {
        let Some(name) = &self.name else {
            return self.flags.what();
        };
        let is_board = xsys_target::bundled_boards().any(|board| board == name)
            || PathBuf::from(name).join("board.toml").is_file();
        if is_board {
            return Some(What::Board(name.clone()));
        }
        Some(triple_or_file(name))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum BoardCommand {
    /// List the boards
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a board
    Show {
        /// A bundled board's name, or the directory of your own
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("for").args(["board", "target", "appliance"]).required(true))]
pub(crate) struct NewArgs {
    /// The directory to make; its last part is the project's name
    pub path: PathBuf,
    /// A bundled board's name, or the directory of your own
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
    /// A triple for machines without an operating system: the project gets a board of its own, which runs
    /// in QEMU
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// A Linux appliance: a web server, and the description of its card for a Raspberry Pi, which runs in QEMU, too
    #[arg(long)]
    pub appliance: bool,
    /// What the appliance's card is for, such as raspberry-pi-zero or raspberry-pi-4; raspberry-pi-3 if not given
    #[arg(long, value_name = "NAME", requires = "appliance")]
    pub machine: Option<String>,
    /// Several devices, with a fleet.toml.
    #[arg(skip)]
    pub fleet: bool,
    /// The project's name, if not the directory's
    #[arg(long)]
    pub name: Option<String>,
    /// Do not report what was done
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ImageArgs {
    #[command(subcommand)]
    pub command: Option<ImageCommand>,
    /// A linked ELF file
    #[arg(required = true)]
    pub file: Option<PathBuf>,
    /// bin, hex, srec or uf2, with commas or repeated
    #[arg(
        long,
        value_name = "FORMAT",
        value_delimiter = ',',
        required_unless_present = "board"
    )]
    pub format: Vec<String>,
    /// Make the images that this board loads
    #[arg(long, value_name = "NAME", conflicts_with = "format")]
    pub board: Option<String>,
    /// Where the image goes; beside the ELF file with the format's ending if not given
    #[arg(short, long, value_name = "FILE", conflicts_with = "board")]
    pub output: Option<PathBuf>,
    /// The byte that fills gaps
    #[arg(long, value_name = "BYTE", default_value = "0", value_parser = fill_byte)]
    pub fill: u8,
    /// The chip family of UF2 files: a name or a number
    #[arg(long, value_name = "NAME")]
    pub family: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Fetch packages with a kernel and firmware from a mirror that you name, and note their digests
    FetchKernel(FetchKernelArgs),
}

fn fill_byte(text: &str) -> Result<u8, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "a byte is 0 to 255, or 0x0 to 0xff".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_debugger_needs_no_script() {
        for (line, script) in [("xsys run --gdb", ""), ("xsys run --gdb=a.gdb", "a.gdb")] {
            let cli = Cli::try_parse_from(sort(words(line)).args).unwrap();
            let Command::Run(args) = cli.command else {
                panic!("{line}");
            };
            assert_eq!(args.gdb.unwrap(), script);
        }
    }

    #[test]
    fn our_flags_move_to_the_front() {
        for (line, expected, toolchain) in [
            ("xsys build", "xsys build", None),
            ("xsys build --release", "xsys build -- --release", None),
            (
                "xsys build --release --board b -p x",
                "xsys build --board b -- --release -p x",
                None,
            ),
            (
                "xsys run --board=b --bin y --emit bin,hex -- --board not-ours",
                "xsys run --board=b --emit bin,hex -- --bin y -- --board not-ours",
                None,
            ),
            ("xsys run -- a b", "xsys run -- -- a b", None),
            (
                "xsys --color always t --features f --error-format json",
                "xsys --color always t --error-format json -- --features f",
                None,
            ),
            ("xsys build -v --help", "xsys build --help -- -v", None),
            (
                "xsys +nightly build -q",
                "xsys build -- -q",
                Some("nightly"),
            ),
            ("xsys build +1.95 -q", "xsys build -- -q", Some("1.95")),
            (
                "xsys run --hello --board b",
                "xsys run --hello --board b",
                None,
            ),
            (
                "xsys size --release a.elf --by crate --bin b",
                "xsys size a.elf --by crate -- --release --bin b",
                None,
            ),
            ("xsys size -p a --top 3", "xsys size --top 3 -- -p a", None),
            // Flags in front of the command are left where they are.
            (
                "xsys ld --board --target x",
                "xsys ld --board --target x",
                None,
            ),
            ("xsys", "xsys", None),
            ("xsys bild --release", "xsys bild --release", None),
        ] {
            let sorted = sort(words(line));
            assert_eq!(sorted.args, words(expected), "{line}");
            assert_eq!(sorted.toolchain.as_deref(), toolchain, "{line}");
        }
    }

    #[test]
    fn command_lines_parse() {
        let parse = |line: &str| Cli::try_parse_from(sort(words(line)).args);
        let Ok(Cli {
            command: Command::Build(args),
            ..
        }) = parse("xsys build --release --target x.json --emit elf,bin=k.img --emit hex")
        else {
            panic!("does not parse");
        };
        assert_eq!(args.emit, ["elf", "bin=k.img", "hex"]);
        assert_eq!(args.cargo, ["--release"]);
        assert_eq!(args.what.all(), [What::SpecFile("x.json".into())]);
        for (line, good) in [
            ("xsys build --target t --board b", false),
            ("xsys build --board", false),
            ("xsys run --hello", false),
            ("xsys image a.elf", false),
            ("xsys image a.elf --format bin --fill 0xff", true),
            ("xsys image a.elf --format bin --fill 256", false),
            ("xsys size a.elf --by crate --json", true),
            ("xsys ld -T link.x --help -o a.out", true),
            (
                "xsys sysroot build --target t --features -backtrace,x -j 2",
                true,
            ),
            ("xsys sysroot remove", false),
            ("xsys new dir/name --board b", true),
            ("xsys new name", false),
            ("xsys target show thumbv7m-none-eabi --json", true),
            ("xsys target check x.json", true),
            ("xsys target check x.json --board b", false),
            ("xsys c --all-targets --board b", true),
            ("xsys check --emit bin", true),
            ("xsys cargo", false),
            ("xsys cargo --board b -- rustc -- --emit asm", true),
            ("xsys cargo tree --target x", true),
        ] {
            assert_eq!(parse(line).is_ok(), good, "{line}");
        }
    }

    #[test]
    fn cargo_flags_are_understood() {
        let read = |line: &str| CargoFlags::read(&words(line));
        let flags = read("--release -p a -pb --package=c -j4 -vv --verbose --offline -- --quiet");
        assert_eq!(flags.profile.as_deref(), Some("release"));
        assert_eq!(flags.packages, ["a", "b", "c"]);
        assert_eq!(flags.jobs.as_deref(), Some("4"));
        assert_eq!(flags.verbose, 3);
        assert!(flags.offline && !flags.quiet);
        assert_eq!(flags.program, words("--quiet"));
        assert_eq!(flags.flags.len(), 9);

        assert_eq!(read("").profile, None);
        assert_eq!(read("--profile=small").profile.as_deref(), Some("small"));
        assert_eq!(read("--profile small").profile.as_deref(), Some("small"));
        // A value that looks like a flag of its own.
        assert!(!read("--features -q").quiet);
        assert!(read("--message-format json-diagnostic-short").wants_json());
        assert!(!read("--message-format=short").wants_json());
        assert_eq!(
            read("--manifest-path=a/Cargo.toml --target-dir t").target_dir,
            Some("t".into())
        );
    }
}
