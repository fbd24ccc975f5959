//! `xsys new`: a board's hello program as a project of its own, one with a board for a triple, or an appliance.

mod appliance;
mod machine;
mod membership;
mod place;

use std::path::{Path, PathBuf};

use xsys_diag::Diagnostic;
use xsys_image::kernel::needs;
use xsys_sysroot::Toolchain;
use xsys_target::{Board, BoardDir};

use crate::cli::Call;
use crate::cli::NewArgs;
use crate::error::{Result, file};
use crate::render;
use crate::ui::Ui;
use machine::Machine;
use membership::Member;
use place::{Staging, Undo};

/// Words that cannot name a crate, as in cargo.
const KEYWORDS: [&str; 53] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "gen", "_",
];

pub(crate) fn run(call: &Call, args: &NewArgs) -> Result<u8> {
    let directory = call.directory.join(&args.path);
    let name = match &args.name {
        Some(name) => name.clone(),
        None => xsys_target::directory_name(&directory).unwrap_or_default(),
    };
    check_name(&call.ui, &name)?;
    let filled = std::fs::read_dir(&directory).is_ok_and(|mut entries| entries.next().is_some());
    if filled || directory.is_file() {
        return Err(
            Diagnostic::error(format!("`{}` exists already", directory.display()))
                .help("choose another directory")
                .into(),
        );
    }
    let source = match (&args.board, &args.target) {
        _ if args.fleet => Source::Fleet(appliance::machine(None)?),
        _ if args.appliance => Source::Appliance(appliance::machine(args.machine.as_deref())?),
        (Some(wanted), _) => Source::Board(Box::new(with_program(wanted)?), wanted),
        (None, triple) => {
            let triple = triple.as_deref().unwrap_or_default();
            Source::Machine(machine::find(triple)?, triple)
        }
    };
    let cargo = match membership::is_inside(
        &std::path::absolute(&directory).unwrap_or(directory.clone()),
    ) {
        true => Some(cargo(call)?),
        false => None,
    };
    let staging = Staging::beside(&directory)?;
    let made = source.write(call, &name, &staging.directory)?;
    let mut undo = Undo::default();
    undo.create_dir(&directory)?;
    undo.move_all(&staging.directory, &directory)?;
    let member = match cargo {
        Some(cargo) => membership::join(&mut undo, &directory, &cargo)?,
        None => None,
    };
    let ignore = directory.join(".gitignore");
    if !ignore.exists() && member.is_none() {
        undo.write(&ignore, "/target\n")?;
    }
    undo.keep();
    if let Some(member) = &member {
        tell_member(&call.ui, &name, member);
    }
    call.ui
        .status("Created", &format!("`{name}` for {}", made.what));
    if let Some((package, architecture)) = made.kernel {
        let place = directory.join(appliance::KERNEL);
        call.ui.status(
            "Kernel",
            &format!(
                "Debian's packages {package} ({architecture}) and raspi-firmware go into `{}`",
                place.display()
            ),
        );
        // The name of the package for the newest kernel.
        let newest = package.replace("…-", "");
        call.ui.status(
            "Fetched by",
            &format!(
                "xsys image fetch-kernel --mirror https://deb.debian.org/debian --suite bookworm --arch {architecture} {newest} raspi-firmware"
            ),
        );
    }
    let of_device = format!("run --device {name}-1");
    let next = match made.runs {
        true if args.fleet => &of_device,
        true => "run",
        false => "build --release",
    };
    let next = match args.path == Path::new(".") {
        true => format!("xsys {next}"),
        false => format!("cd {} && xsys {next}", args.path.display()),
    };
    call.ui.status("Next", &next);
    Ok(0)
}

/// What a project is made from.
enum Source<'a> {
    /// A board, and how it was named.
    Board(Box<Board>, &'a str),
    /// A machine for a triple.
    Machine(Machine, &'a str),
    /// A Linux appliance for a machine.
    Appliance(&'static needs::Machine),
    /// Several appliances; the first is for this machine.
    Fleet(&'static needs::Machine),
}

impl Source<'_> {
    /// Writes the project into an empty directory.
    fn write(self, call: &Call, name: &str, directory: &Path) -> Result<Made> {
        match self {
            Self::Board(board, wanted) => from_board(call, *board, wanted, name, directory),
            Self::Machine(machine, triple) => {
                machine::write(&machine, triple, name, directory)?;
                Ok(Made {
                    what: format!("{triple}, on {}", machine.name),
                    runs: true,
                    kernel: None,
                })
            }
            Self::Fleet(machine) => {
                appliance::write_fleet(name, machine, directory)?;
                Ok(Made {
                    what: "a fleet of two devices".to_owned(),
                    runs: true,
                    kernel: Some(machine.debian_kernel()),
                })
            }
            Self::Appliance(machine) => {
                appliance::write(name, machine, directory)?;
                Ok(Made {
                    what: format!("{}, an appliance", machine.target),
                    runs: true,
                    kernel: Some(machine.debian_kernel()),
                })
            }
        }
    }
}

/// What a new project is for.
struct Made {
    what: String,
    /// Whether something here can run it.
    runs: bool,
    /// Debian's package with the kernel that it needs, and its architecture.
    kernel: Option<(&'static str, &'static str)>,
}

/// The cargo that answers questions about workspaces.
fn cargo(call: &Call) -> Result<PathBuf> {
    let toolchain = Toolchain::detect(&call.directory, call.toolchain.as_deref())
        .map_err(|error| error.into_diagnostic())?;
    Ok(toolchain.cargo)
}

/// The result for the workspace around it.
fn tell_member(ui: &Ui, name: &str, member: &Member) {
    let root = member.root.display();
    let directory = member.root.parent().unwrap_or(Path::new("")).display();
    ui.status(
        "Adding",
        &format!("`{name}` as member of workspace at `{directory}`"),
    );
    if !member.profiles.is_empty() {
        let names: Vec<String> = member
            .profiles
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let s = if names.len() == 1 { "" } else { "s" };
        let names = names.join(" and ");
        ui.status(
            "Adding",
            &format!("its profile{s} {names} to the workspace, as cargo reads no member's"),
        );
    }
    for (profile, lost) in &member.lost {
        let lost: Vec<String> = lost.iter().map(|line| format!("`{line}`")).collect();
        let problem = Diagnostic::warning(format!(
            "`{name}` is built with the workspace's profile `{profile}`, as cargo reads no member's"
        ))
        .note(format!("by itself it would have {}", lost.join(", ")))
        .help(format!(
            "where it gets too large, set them under `[profile.{profile}]` in `{root}`"
        ));
        render::show(ui, &[problem]);
    }
}

/// A board that has a program.
fn with_program(wanted: &str) -> Result<Board> {
    let board = Board::load(wanted)?;
    if !board.dir.contains("hello/Cargo.toml") {
        return Err(Diagnostic::error(format!(
            "the board `{}` has no program to start from",
            board.name
        ))
        .help("a board's program is the project in its directory `hello`")
        .into());
    }
    Ok(board)
}

/// The board's own program under another name.
fn from_board(
    call: &Call,
    board: Board,
    wanted: &str,
    name: &str,
    directory: &Path,
) -> Result<Made> {
    board
        .dir
        .write_to("hello/", directory)
        .map_err(|error| file("write", directory, &error))?;

    let manifest = directory.join("Cargo.toml");
    let text =
        std::fs::read_to_string(&manifest).map_err(|error| file("read", &manifest, &error))?;
    // The path to the user's own board from inside the project. Existing files do not count: the new project may have
    // its board's name.
    let board_name = if matches!(board.dir, BoardDir::Directory(_)) {
        std::path::absolute(call.directory.join(wanted))
            .map_err(|error| file("find", Path::new(wanted), &error))?
            .display()
            .to_string()
    } else {
        wanted.to_owned()
    };
    let text = adapt(&text, name, &board_name)?;
    std::fs::write(&manifest, text).map_err(|error| file("write", &manifest, &error))?;
    // The lock file names the package; cargo makes a new one at once.
    let lock = directory.join("Cargo.lock");
    if lock.exists() {
        std::fs::remove_file(&lock).map_err(|error| file("remove", &lock, &error))?;
    }
    Ok(Made {
        what: board.name,
        runs: board.run.is_some(),
        kernel: None,
    })
}

/// Names that cargo accepts for a package with a program in it.
fn check_name(ui: &Ui, name: &str) -> Result<()> {
    let problem = |why: &str| {
        Diagnostic::error(format!("`{name}` cannot be a package's name: {why}"))
            .help("`--name` sets one that differs from the directory's")
    };
    if KEYWORDS.contains(&name) {
        return Err(problem("it is a Rust keyword").into());
    }
    if name == "test" {
        return Err(problem("the crate `test` is a part of Rust").into());
    }
    if ["deps", "examples", "build", "incremental"].contains(&name) {
        return Err(problem("cargo has a directory of that name beside programs").into());
    }
    if ["core", "std", "alloc", "proc_macro", "proc-macro"].contains(&name) {
        let warning = Diagnostic::warning(format!(
            "`{name}` is also the name of a part of the standard library"
        ))
        .help("choose another: paths that begin with it are ambiguous");
        render::show(ui, &[warning]);
    }
    let good = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')
        && name
            .chars()
            .next()
            .is_some_and(|first| !first.is_ascii_digit());
    if good {
        Ok(())
    } else {
        Err(Diagnostic::error(format!("`{name}` cannot be a package's name"))
            .help("use letters, digits, `-` and `_`, and begin with a letter; `--name` sets one that differs from the directory's")
            .into())
    }
}

/// The manifest under a new name, with the board in its metadata. It is edited line by line, to
/// keep the template's comments.
fn adapt(text: &str, name: &str, board: &str) -> Result<String> {
    let mut out = String::new();
    let mut section = String::new();
    let mut old_name = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(header) = trimmed.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
        }
        let key = trimmed.split('=').next().unwrap_or_default().trim();
        if section == "package" && key == "name" {
            old_name = Some(trimmed.to_owned());
            out.push_str(&format!("name = \"{name}\"\n"));
            continue;
        }
        // The copy in a board's directory names no board, or another one.
        if section == "package.metadata.xsys" && (key == "board" || key == "target-spec") {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if section == "package.metadata.xsys" && trimmed.starts_with('[') {
            out.push_str(&format!("board = {}\n", toml::Value::from(board)));
        }
    }
    if old_name.is_none() {
        return Err(Diagnostic::error("the board's `hello/Cargo.toml` has no package name").into());
    }
    if !text.contains("[package.metadata.xsys]") {
        out.push_str(&format!(
            "\n[package.metadata.xsys]\nboard = {}\n",
            toml::Value::from(board)
        ));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_gets_name_and_board() {
        for (text, expected) in [
            (
                "# A program.\n[package]\nname = \"hello\" # old\nedition = \"2024\"\n\n[[bin]]\nname = \"other\"\n\n[workspace]\n",
                "# A program.\n[package]\nname = \"mine\"\nedition = \"2024\"\n\n[[bin]]\nname = \"other\"\n\n[workspace]\n\n[package.metadata.xsys]\nboard = \"b\"\n",
            ),
            (
                "[package]\nname = \"hello\"\n[package.metadata.xsys]\nboard = \"old\"\ncrates = \"core\"\n",
                "[package]\nname = \"mine\"\n[package.metadata.xsys]\nboard = \"b\"\ncrates = \"core\"\n",
            ),
        ] {
            assert_eq!(adapt(text, "mine", "b").unwrap(), expected);
        }
        assert!(adapt("[workspace]\n", "mine", "b").is_err());
    }

    #[test]
    fn names_are_cargos() {
        for (name, good) in [
            ("my-app_2", true),
            ("2fast", false),
            ("", false),
            ("a b", false),
            ("a.b", false),
            ("fn", false),
            ("_", false),
            ("gen", false),
            ("union", true),
            ("test", false),
            ("build", false),
            ("core", true),
        ] {
            let ui = Ui {
                color: false,
                json: false,
                quiet: true,
            };
            assert_eq!(check_name(&ui, name).is_ok(), good, "{name}");
        }
    }
}
