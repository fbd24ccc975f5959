//! Whose linker script a link gets, and which other options boards and settings pass to the linker.
//!
//! Problem: a project may have its script in its metadata, in flags of a configuration, or from a build script
//! (`cargo:rustc-link-arg=-Tkernel.ld`), which is unknown until the link. Together with the board's script there would
//! be two layouts in one link. So the board's script is only the default (`--default-script`): the linker drops it when
//! it sees another layout, and keeps it for scripts that INSERT into it.

use xsys_sysroot::Cache;
use xsys_target::Target;

use crate::driver::linking::user_flags::UserConfig;
use crate::driver::linking::{board_files, memory_layout};
use crate::error::Result;
use crate::project::Project;

/// The linker's arguments, for ours or another one that supports less.
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
        let directory = board_files::materialise(board, cache)?;
        scripts = board.scripts(&directory);
        args = board.linker_arguments(&directory);
        if own_memory.is_empty() {
            memories = &board.memory;
            owner = directory;
        }
    }
    if !memories.is_empty() && target.is_bare_metal() {
        let directory = memory_layout::directory(memories, &owner, target, cache)?;
        args.push(format!("-L{}", directory.display()));
        if scripts.is_empty() && memory_layout::has_layout(target) {
            scripts.push("link.x".to_owned());
        }
        if own_linker {
            let machine = directory.join(memory_layout::MACHINE);
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
        // Other linkers, and compilers in front of them, have no default script.
        front.extend(scripts.iter().map(|script| format!("-T{script}")));
    }
    if let Some(script) = own_script {
        front.push(format!("-T{}", script.display()));
        // Linkers start at the workspace's root, and a member's script INCLUDEs files beside it.
        if let Some(directory) = script.parent() {
            args.push(format!("-L{}", directory.display()));
        }
    }
    front.append(&mut args);
    if !own_linker {
        // `xsys setup` has written them to the configuration for plain cargo; twice they would be
        // two layouts.
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

/// `-T`, but not the options that set a section's address (`-Ttext=`).
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
