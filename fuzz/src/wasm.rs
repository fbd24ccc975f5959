//! Wasm objects and archives of them, linked; and what must hold of the module that comes out.

mod oracle;

use std::path::PathBuf;

use xsys_link::Flavor;
use xsys_link::input::archive::{Archive, MemberData};

use super::Bench;

/// Command lines that reach different passes; the first byte of an input chooses one.
pub(crate) const COMMAND_LINES: &[&[&str]] = &[
    &[
        "--no-entry",
        "--export-all",
        "--allow-undefined",
        "--no-gc-sections",
    ],
    &["--no-entry", "--export-dynamic", "--allow-undefined", "-O0"],
    &[
        "--no-entry",
        "--export-all",
        "--unresolved-symbols=ignore-all",
        "-O2",
    ],
    &[
        "--no-entry",
        "--export-dynamic",
        "--import-undefined",
        "-O2",
        "--strip-debug",
    ],
    &[
        "--compat=wasm-ld",
        "--no-entry",
        "--export-all",
        "--allow-undefined",
        "-O2",
    ],
    &[
        "--compat=wasm-ld",
        "--no-entry",
        "--export-all",
        "--allow-undefined",
        "--no-gc-sections",
    ],
    &["-r"],
    &["-r", "--strip-debug", "--unresolved-symbols=ignore-all"],
    &[
        "--emit-relocs",
        "--no-entry",
        "--export-all",
        "--allow-undefined",
    ],
    &[
        "--shared-memory",
        "--max-memory=1048576",
        "--import-memory",
        "--no-check-features",
        "--no-entry",
        "--export-all",
        "--allow-undefined",
    ],
    &[
        "--features=atomics,bulk-memory,mutable-globals",
        "--shared-memory",
        "--max-memory=16777216",
        "--no-check-features",
        "--no-entry",
        "--export-dynamic",
        "--unresolved-symbols=ignore-all",
        "-O2",
    ],
    &[
        "-mwasm64",
        "--no-entry",
        "--export-all",
        "--allow-undefined",
    ],
    &[
        "--strip-all",
        "--no-entry",
        "--export-all",
        "--import-undefined",
        "--icf=safe",
        "-O2",
    ],
    &[
        "--import-table",
        "--growable-table",
        "--import-memory",
        "--no-merge-data-segments",
        "--no-entry",
        "--export-all",
        "--allow-undefined",
    ],
    &[
        "--export-table",
        "--table-base=5",
        "--no-stack-first",
        "--global-base=4096",
        "--print-gc-sections",
        "--trace",
        "--no-entry",
        "--export-all",
        "--warn-unresolved-symbols",
        "--allow-multiple-definition",
    ],
    // As users have it: an entry, everything checked.
    &["--gc-sections"],
];

/// Links bytes that are an object or an archive; the first byte chooses the command line, the
/// second how an archive's members are given. `false`: they are something else.
pub(crate) fn link(bench: &Bench, data: &[u8]) -> bool {
    let [line, form, bytes @ ..] = data else {
        return false;
    };
    let words = COMMAND_LINES[usize::from(*line) % COMMAND_LINES.len()];
    if bytes.starts_with(b"\0asm") {
        run(bench, words, &[], &[bytes]);
        return true;
    }
    if !bytes.starts_with(b"!<arch>\n") {
        return false;
    }
    let members = members(bytes);
    match (form % 4, &members) {
        (0, Some(members)) => run(bench, words, &[], members),
        // Something has to ask for members: the first does.
        (1, Some(members)) if !members.is_empty() => run(bench, words, &[], &[members[0], bytes]),
        (2, _) => run(bench, words, &["--whole-archive"], &[bytes]),
        _ => {
            let asked = ["--undefined=run", "--undefined=start", "--undefined=helper"];
            run(bench, words, &asked, &[bytes]);
        }
    }
    true
}

fn run(bench: &Bench, words: &[&str], more: &[&str], files: &[&[u8]]) {
    let paths: Vec<PathBuf> = files
        .iter()
        .enumerate()
        .map(|(at, bytes)| bench.file(&format!("input{at}"), bytes))
        .collect();
    let paths: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    let words = [words, more].concat();
    let Some(output) = bench.link(Flavor::Wasm, &words, &paths) else {
        return;
    };
    let output = std::fs::read(output).expect("the output can be read");
    // What stands in archives counts, too: any of it may be in the output.
    let objects: Vec<&[u8]> = files
        .iter()
        .flat_map(|file| members(file).unwrap_or_else(|| vec![*file]))
        .collect();
    oracle::check(&output, &objects);
}

/// The members of an archive.
pub(crate) fn members(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let path = std::path::Path::new("input.a");
    let archive = Archive::parse(path, bytes).ok()?;
    let members = archive.members().map(|member| match member.ok()?.data {
        MemberData::Inline(bytes) => Some(bytes),
        MemberData::File(_) => None,
    });
    members.collect()
}
