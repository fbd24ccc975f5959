//! Command lines: options that go together often enough that links succeed.

use super::dice::Dice;
use super::grammar::{FEATURES, Thing, World};

/// The options of a link, in groups.
pub(super) fn options(dice: &mut Dice, world: &World) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut names: Vec<String> = world.names.iter().map(|name| name.text.clone()).collect();
    for name in [
        "__heap_base",
        "__data_end",
        "__stack_pointer",
        "__wasm_call_ctors",
        "__tls_base",
        "nobody",
        "__start_custom_set",
    ] {
        if dice.percent(30) {
            names.push(name.to_owned());
        }
    }
    let mut add = |word: String| found.push(word.split(' ').map(str::to_owned).collect());
    if world.wide != (world.wild && dice.percent(3)) {
        add("-mwasm64".into());
    }
    let relocatable = world.relocatable;
    if relocatable {
        add("--relocatable".into());
    }
    // Together with some of these it is refused.
    for (word, chance) in [
        ("--gc-sections", 2),
        ("--compress-relocations", 1),
        ("--growable-table", 1),
        ("--export-table", 2),
        ("--import-table", 4),
        ("--shared-memory", 1),
        ("--entry=_start", 2),
        ("--no-entry", 5),
        ("-u main", 1),
        ("--unresolved-symbols=import-dynamic", 5),
    ] {
        if relocatable && dice.percent(chance) {
            add(word.into());
        }
    }
    // `_start` is there now and then.
    if !relocatable && dice.percent(80) {
        match dice.below(10) {
            0 => add(format!("--entry={}", dice.pick(&names))),
            _ => add("--no-entry".into()),
        }
    }
    if dice.percent(70) {
        match dice.below(8) {
            0..=4 => add("--allow-undefined".into()),
            5 => add("--import-undefined".into()),
            6 => add("--unresolved-symbols=ignore-all".into()),
            _ => {
                let kinds = ["report-all", "ignore-all", "import-dynamic"];
                let what = *dice.pick(&kinds[..if relocatable { 2 } else { 3 }]);
                add(format!("--unresolved-symbols={what}"));
            }
        }
    }
    for (option, chance) in [
        ("--export", 40),
        ("--export-if-defined", 20),
        ("-u", 8),
        ("--wrap", 5),
        ("--trace-symbol", 6),
        ("--why-live", 0),
    ] {
        while dice.percent(chance) {
            let name = dice.pick(&names);
            // It is for functions.
            let function = world
                .names
                .iter()
                .any(|known| known.text == *name && matches!(known.thing, Thing::Function(_)));
            if option != "--wrap" || function {
                add(format!("{option}={name}").replacen("-u=", "-u ", 1));
            }
        }
    }
    for (words, chance) in [
        ("--export-all", 6),
        ("--export-dynamic", 10),
        ("--no-gc-sections", 20),
        ("--gc-sections", 10),
        ("--print-gc-sections", 5),
        ("--export-table", 10),
        ("--import-table", 6),
        ("--growable-table", 6),
        ("--table-base=10", 5),
        ("--table-base=0", 2),
        ("--stack-first", 15),
        ("--no-stack-first", 15),
        ("--no-merge-data-segments", 15),
        ("--merge-data-segments", 4),
        ("--strip-all", 6),
        ("--strip-debug", 8),
        ("--keep-section=notes", 4),
        ("--keep-section=producers", 4),
        ("--no-demangle", 20),
        ("--allow-multiple-definition", 12),
        ("--no-check-features", 15),
        ("--extra-features=mutable-globals", 10),
        ("--extra-features=atomics,bulk-memory", 5),
        ("--features=mutable-globals,sign-ext", 3),
        (
            "--features=mutable-globals,sign-ext,reference-types,multivalue,bulk-memory,atomics",
            3,
        ),
        ("--fatal-warnings", 2),
        ("--no-fatal-warnings", 2),
        ("--initial-memory=131072", 5),
        ("--initial-memory=1048576", 5),
        ("--initial-heap=65536", 4),
        ("--max-memory=2097152", 8),
        ("--no-growable-memory", 4),
        ("--global-base=2048", 6),
        ("--global-base=100", 3),
        ("--global-base=1048577", 3),
        ("-z stack-size=1024", 8),
        ("-z stack-size=65536", 5),
        ("-z stack-size=0", 2),
        ("-O0", 10),
        ("-O1", 6),
        ("-O2", 15),
        ("-O3", 2),
        ("--build-id", 3),
        ("--build-id=fast", 2),
        ("--build-id=sha1", 3),
        ("--build-id=0x12abcdef", 2),
        ("--soname=other.wasm", 2),
        ("--trace", 4),
        ("--Map=map.txt", 6),
        ("--print-map", 2),
        ("--allow-undefined-file=allowed.txt", 6),
        ("--why-extract=-", 1),
        ("--threads=2", 1),
        ("--no-shlib-sigcheck", 1),
        ("--Bdynamic", 1),
        ("--Bstatic", 1),
        ("--verbose", 1),
        ("--warn-unresolved-symbols", 4),
        ("--page-size=1", 2),
        ("--error-limit=0", 2),
        ("--no-entry", 2),
        ("-Bsymbolic", 3),
        ("--experimental-pic", 3),
        ("--noinhibit-exec", 4),
        ("--no-allow-multiple-definition", 3),
        ("-z muldefs", 3),
        ("-z nothing", 2),
        ("--demangle", 4),
        ("--check-features", 3),
        ("--merge-data-segments --no-merge-data-segments", 2),
        ("--no-export-dynamic", 3),
        ("--no-print-gc-sections", 2),
        ("--error-unresolved-symbols", 4),
        ("--export-table --import-table", 1),
        ("--initial-memory=100", 1),
        ("--initial-heap=100", 1),
        ("--max-memory=65536", 2),
        ("--max-memory=100", 1),
        ("--global-base=0", 2),
        ("--table-base=1", 2),
        ("--start-lib", 1),
        ("--end-lib", 1),
        ("--whole-archive", 2),
        ("--no-whole-archive", 2),
        ("--strip-all --keep-section=name", 2),
        ("--keep-section=target_features", 3),
        ("--import-memory=mem", 1),
        ("--soname=", 1),
        ("-m wasm32", 2),
        ("--build-id=none", 2),
        ("--build-id=tree", 2),
        ("--why-extract=members.txt", 6),
    ] {
        let odd = relocatable
            && matches!(
                words,
                "--gc-sections"
                    | "--compress-relocations"
                    | "--growable-table"
                    | "--export-table"
                    | "--import-table"
            );
        if dice.percent(if odd { 0 } else { chance }) {
            add(words.into());
        }
    }
    for option in ["--features", "--extra-features"] {
        if dice.percent(5) {
            let chosen = FEATURES.iter().filter(|_| dice.percent(50)).copied();
            let chosen: Vec<&str> = chosen.collect();
            add(format!("{option}={}", chosen.join(",")));
        }
    }
    match dice.below(12) {
        0 => add("--export-memory".into()),
        1 => add("--export-memory=mem".into()),
        _ => {}
    }
    // Whoever patches fields later needs their padding: together we refuse them.
    match dice.below(10) {
        0 => add("--emit-relocs".into()),
        1 if !relocatable => add("--compress-relocations --strip-debug".into()),
        _ => {}
    }
    let threads = world.threads && !relocatable && dice.percent(80);
    if threads {
        add("--shared-memory --max-memory=16777216".into());
    }
    match dice.below(if threads { 12 } else { 100 }) {
        0..=6 => add("--import-memory".into()),
        7..=9 => add("--import-memory=m,n".into()),
        _ => {}
    }
    dice.shuffle(&mut found);
    found
}
