//! Whose linker script a link gets, and what else boards and settings tell the linker.
//!
//! Problem: a project may bring its script by its metadata, by flags in a configuration, or by a build script
//! (`cargo:rustc-link-arg=-Tkernel.ld`), which nobody knows before the link. Read together with
//! the board's it would be two layouts in one. So what the board has is only the default
//! (`--default-script`): the linker leaves it aside as soon as it sees another layout, and keeps it for scripts
//! that INSERT into it.

use xsys_sysroot::Cache;
use xsys_target::Target;

use crate::driver::linking::user_flags::UserConfig;
use crate::driver::linking::{board_files, memory_layout};
use crate::error::Result;
use crate::project::Project;

/// The linker's arguments; it is ours, or another one that knows less.
pub(crate) fn link_args(
    project: &Project,
    target: &Target,
    cache: &Cache,
    user: &UserConfig,
    own_linker: bool,
) -> Result<Vec<String>> {
    let own_script = project.settings.script();
    let own_memory = project.settings.memory();
    let mut memories = own_memory;
    let mut owner = project.workspace_root.clone();
    let mut scripts = Vec::new();
    let mut args = Vec::new();
    if let Some(board) = &target.board {
        let folder = board_files::materialise(board, cache)?;
        scripts = board.scripts(&folder);
        args = board.linker_arguments(&folder);
        if own_memory.is_empty() {
            memories = &board.memory;
            owner = folder;
        }
    }
    if !memories.is_empty() && target.is_bare_metal() {
        let folder = memory_layout::folder(memories, &owner, target, cache)?;
        args.push(format!("-L{}", folder.display()));
        if scripts.is_empty() && memory_layout::has_layout(target) {
            scripts.push("link.x".to_owned());
        }
        if own_linker {
            let machine = folder.join(memory_layout::MACHINE);
            args.push(format!("--machine-memory={}", machine.display()));
        }
    }
    let brought = own_script.is_some() || brings_script(&user.rustflags);
    let mut front = Vec::new();
    if own_linker {
        front.extend(
            scripts
                .iter()
                .map(|script| format!("--default-script={script}")),
        );
    } else if !brought {
        // Other linkers, and compilers in front of them, know no other way.
        front.extend(scripts.iter().map(|script| format!("-T{script}")));
    }
    if let Some(script) = own_script {
        front.push(format!("-T{}", script.display()));
        // Linkers start at the workspace's root, and a member's script INCLUDEs what is beside it.
        if let Some(folder) = script.parent() {
            args.push(format!("-L{}", folder.display()));
        }
    }
    front.append(&mut args);
    if !own_linker {
        // `xsys setup` has written them down for plain cargo, and twice they are two layouts.
        front.retain(|arg| !user.rustflags.contains(&format!("-Clink-arg={arg}")));
    }
    if let Some(flip) = project.settings.flip_stack {
        front.retain(|arg| arg != "--flip-stack");
        if flip {
            front.push("--flip-stack".to_owned());
        }
    }
    Ok(front)
}

/// Whether flags pass a linker script, in any of the spellings of rustc, linkers and compilers.
fn brings_script(flags: &[String]) -> bool {
    let joined = flags.join("\n");
    let arguments = joined.lines().filter_map(|flag| {
        flag.split_once("link-arg=")
            .or_else(|| flag.split_once("link-args="))
            .map(|(_, arguments)| arguments)
    });
    arguments
        .flat_map(|text| text.split([' ', ',']))
        .any(|word| {
            word.starts_with("--script") || word.starts_with("-script") || names_script(word)
        })
}

/// `-T` and not one of the options that give a section's address.
fn names_script(word: &str) -> bool {
    let addresses = ["text", "data", "bss", "rodata-segment", "ldata-segment"];
    word.strip_prefix("-T").is_some_and(|rest| {
        let name = rest.split('=').next().unwrap_or(rest);
        !addresses.contains(&name) && !name.ends_with("-segment")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_in_flags_are_seen() {
        for (flags, expected) in [
            (&["-Clink-arg=-Tlink.x"][..], true),
            (&["-C", "link-arg=-Tlink.x"], true),
            (&["-C", "link-arg=-T", "-C", "link-arg=link.x"], true),
            (&["-Clink-args=-Tlink.x -n"], true),
            (&["-Clink-args=-n -Tlink.x"], true),
            (&["-Clink-arg=--script=link.x"], true),
            (&["-Clink-arg=--script", "-Clink-arg=link.x"], true),
            (&["-Clink-arg=-Wl,-Tlink.x"], true),
            (&["--codegen", "link-arg=-Wl,--script,link.x"], true),
            (&["-Clink-arg=-Ttext=0x100"], false),
            (&["-Clink-arg=-Ttext-segment=0x100"], false),
            (&["-Clink-arg=-L/T"], false),
            (&[], false),
        ] {
            let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
            assert_eq!(brings_script(&flags), expected, "{flags:?}");
        }
    }
}
