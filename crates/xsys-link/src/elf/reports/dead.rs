//! Errors for images that cannot run, with advice.
//!
//! Problem: a program whose start code or linker script was forgotten links without errors. Garbage
//! collection finds nothing that is needed, and the image has no code at all, or an entry at address 0.
//! On the machine nothing happens.
//!
//! An image of data only is not a mistake if the script has no place for code, and `-e 0` says that
//! nobody jumps to the entry.

use std::path::Path;

use object::elf;
use xsys_diag::Diagnostic;

use crate::elf::ids::FileId;
use crate::elf::layout::Addresses;
use crate::elf::live::gc::Live;
use crate::elf::sections::is_linked;
use crate::elf::sections::matching::Matches;
use crate::elf::symbols::hints;
use crate::options::{ElfOptions, InputWhat};
use crate::script::ast::Script;

/// What is known about a finished layout.
pub(crate) struct DeadContext<'s, 'a> {
    pub addresses: &'s Addresses<'s, 'a>,
    pub script: &'s Script,
    pub live: &'s Live,
    pub matches: &'s Matches<'s>,
    pub options: &'s ElfOptions,
    /// The symbol where the program should start, which nothing defines.
    pub entry: &'s str,
}

/// Refuses an image that cannot run.
pub(crate) fn check(scene: &DeadContext<'_, '_>, diagnostics: &mut Vec<Diagnostic>) {
    let entry = scene.entry;
    let problem = if !has_code(scene) && drops_code(scene) {
        Diagnostic::error("the image has no code")
            .note(format!(
                "nothing defines the entry symbol `{entry}`, so no function is needed and all are left out"
            ))
            .code("no-code")
    } else if scene.script.built_in.is_some() && !has_own_addresses(scene.options) {
        Diagnostic::error(format!(
            "the entry symbol `{entry}` is not defined; the program would start at address 0"
        ))
        .code("entry-zero")
    } else {
        return;
    };
    // The warning says the same, less clearly.
    diagnostics.retain(|other| other.code != Some("entry-undefined"));
    diagnostics.push(ways_out(scene, problem));
}

/// Whether there is anything to execute.
fn has_code(scene: &DeadContext<'_, '_>) -> bool {
    let layout = scene.addresses.layout;
    layout
        .placement
        .outputs
        .iter()
        .zip(&layout.extents)
        .any(|(output, extent)| {
            output.present && output.is_alloc() && is_code(output.flags) && extent.size > 0
        })
}

fn is_code(flags: u64) -> bool {
    flags & elf::SHF_EXECINSTR.0 != 0
}

/// Whether there was code for which the script has a place.
fn drops_code(scene: &DeadContext<'_, '_>) -> bool {
    let Addresses {
        resolution,
        sections,
        ..
    } = scene.addresses;
    resolution.files.iter().enumerate().any(|(file, object)| {
        object.sections.iter().enumerate().any(|(index, section)| {
            let id = sections.id(FileId(file as u32), index as u32);
            is_code(section.flags)
                && section.flags & elf::SHF_ALLOC.0 != 0
                && section.size > 0
                && is_linked(section)
                && !scene.live.contains(id)
                && scene.matches.has_place(id)
        })
    })
}

/// Whether options give addresses: then the user of the image knows where it starts.
fn has_own_addresses(options: &ElfOptions) -> bool {
    !options.layout.section_start.is_empty() || options.layout.image_base.is_some()
}

/// Crates whose users have to name a linker script, and its name.
const RUNTIMES: [(&str, &str); 8] = [
    ("cortex_m_rt", "link.x"),
    ("riscv_rt", "link.x"),
    ("msp430_rt", "link.x"),
    ("esp_hal", "linkall.x"),
    ("esp_riscv_rt", "linkall.x"),
    ("aarch32_rt", "link.x"),
    ("cortex_ar_rt", "link.x"),
    ("aarch64_rt", "image.ld"),
];

fn ways_out(scene: &DeadContext<'_, '_>, mut problem: Diagnostic) -> Diagnostic {
    let resolution = scene.addresses.resolution;
    let entry = scene.entry;
    let by_name = |path: &Path, name: &str| {
        let file = path.file_name().and_then(|file| file.to_str());
        let file = file.and_then(|file| file.strip_prefix("lib"));
        file.is_some_and(|file| {
            file.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('-'))
        })
    };
    let with_std = resolution
        .files
        .iter()
        .any(|file| by_name(file.name.path, "std"));
    if with_std {
        return problem
            .note("this is a program for an operating system, and its C library's start code (`crt1.o`), which calls `main`, is not linked")
            .help("build for the target's musl sibling (`…-unknown-linux-musl`), whose start code is part of the toolchain, or name a C compiler, which knows where the start code is, as the target's `linker` in `.cargo/config.toml`");
    }
    if let Some(close) = hints::similar_symbol(resolution, entry) {
        return problem.help(format!("did you mean `{close}`?"));
    }
    let given = |name: &str| {
        let mut inputs = scene.options.input.args.iter();
        inputs.any(|input| matches!(&input.what, InputWhat::File(path) if by_name(path, name)))
    };
    let runtime = RUNTIMES.iter().find(|(name, _)| given(name));
    problem = match runtime {
        Some((name, script)) if scene.script.built_in.is_some() => problem
            .note(format!("`{name}` starts the program, and its linker script is not given"))
            .help(format!("name it: `println!(\"cargo:rustc-link-arg=-T{script}\");` in build.rs, or `rustflags = [\"-Clink-arg=-T{script}\"]` for the target in `.cargo/config.toml`")),
        _ => problem.help(format!(
            "define it: `#[unsafe(no_mangle)] extern \"C\" fn {entry}() -> !`, or name another symbol with ENTRY in a linker script or with `-e`"
        )),
    };
    if runtime.is_none() && scene.script.built_in.is_some() {
        problem = problem.help("a bare-metal program needs a linker script that knows its memory: `script = \"link.x\"` under `[package.metadata.xsys]` (`-T link.x` for the linker), or a board, which brings one");
    }
    problem.help("`-e 0` (`-Clink-arg=-e0`) is for images that nobody starts at their entry")
}
