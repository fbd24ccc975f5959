//! The differential test: random links by rust-lld and by xsys must give the same bytes, or both must refuse.
//!
//! Problem: `--compat=wasm-ld` promises wasm-ld's bytes for any object, but cases only show what somebody thought of.
//! So a [`grammar`] makes random objects, archives and command lines, and both linkers link them. If they differ in a
//! way that is not [`explained`], the link is made as small as possible ([`shrink`]) and written to a directory.
//!
//! A link depends on a number only. The suite has fixed numbers; `fuzz/run wasm-diff SECONDS` tries others.
//! XSYS_WASM_DIFF_DAMAGE=1 also overwrites some bytes of their files.

pub mod contents;
pub mod describe;
pub mod dice;
pub mod encode;
pub mod explained;
pub mod files;
pub mod grammar;
mod lines;
pub mod model;
pub mod shrink;
pub mod verdict;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde::{Deserialize, Serialize};

use crate::link::oracle::rust_lld;
use model::Link;
use verdict::{Bench, Verdict};

/// Links of each test of the suite.
const LINKS: u64 = 60;
/// Tests of the suite: they run side by side.
const TESTS: u64 = 4;

/// The tests: with fixed numbers, or for as long as `XSYS_WASM_DIFF_SECONDS` says.
pub fn trials(scratch: &Path) -> Vec<Trial> {
    let scratch = scratch.join("differential");
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    if let Some(seconds) = number("XSYS_WASM_DIFF_SECONDS") {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let start = number("XSYS_WASM_DIFF_SEED");
        let first = start.unwrap_or(since.as_secs() << 20);
        // Several can run side by side.
        let scratch = start.map_or(scratch.clone(), |seed| scratch.join(seed.to_string()));
        let many = number("XSYS_WASM_DIFF_LINKS").unwrap_or(u64::MAX);
        let test = move || {
            let end = Instant::now() + Duration::from_secs(seconds);
            let seeds = (first..)
                .take(many as usize)
                .take_while(|_| Instant::now() < end);
            check(seeds, &scratch, usize::MAX)
        };
        return vec![Trial::test("differential", test)];
    }
    let mut trials = mended(&scratch);
    trials.push(lines::trial(&scratch));
    let trial = |test: u64| {
        let scratch = scratch.join(test.to_string());
        let seeds = test * LINKS..(test + 1) * LINKS;
        Trial::test(format!("differential-{test}"), move || {
            check(seeds, &scratch, 1)
        })
    };
    trials.extend((0..TESTS).map(trial));
    trials
}

/// Links in which the two did differ, a file each in `cases/wasm-diff`, written by whoever found them.
fn mended(scratch: &Path) -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/wasm-diff");
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    files.sort();
    let scratch = scratch.join("mended");
    let test = move || {
        let bench = Bench::new(rust_lld()?, scratch)?;
        let mut problems = Vec::new();
        for file in &files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(file).map_err(|e| format!("{name}: {e}"))?;
            let found: Found = serde_json::from_str(&text).map_err(|e| format!("{name}: {e}"))?;
            if let Verdict::Different(way, details) = bench.judge(&found.link)? {
                problems.push(format!("{name}: {way}\n{details}"));
            }
        }
        match (files.is_empty(), problems.is_empty()) {
            (true, _) => Err("no link was found".into()),
            (false, true) => Ok(()),
            (false, false) => Err(problems.join("\n\n").into()),
        }
    };
    vec![Trial::test("differential-mended", test)]
}

/// A link in which the two differ.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    /// In which way they do, or did.
    was: String,
    /// The link, as small as it got.
    link: Link,
}

/// How many links ended how.
#[derive(Debug, Default)]
struct Counts {
    same: u64,
    refused: BTreeMap<String, u64>,
    explained: BTreeMap<&'static str, u64>,
    different: BTreeMap<String, u64>,
}

/// Judges the links of some numbers; up to so many kinds of differences are looked into.
fn check(seeds: impl Iterator<Item = u64>, scratch: &Path, most: usize) -> Result<(), Failed> {
    let bench = Bench::new(rust_lld()?, scratch.join("link"))?;
    let mut counts = Counts::default();
    let mut reports = Vec::new();
    // Half of what is thrown then is refused by both, and the rest is of interest.
    let damage = std::env::var_os("XSYS_WASM_DIFF_DAMAGE").is_some();
    for seed in seeds {
        let link = match damage {
            true => grammar::damaged(seed),
            false => grammar::link(seed),
        };
        match bench.judge(&link)? {
            Verdict::Same => counts.same += 1,
            Verdict::BothRefuse(why) => *counts.refused.entry(why).or_default() += 1,
            Verdict::Explained(name) => *counts.explained.entry(name).or_default() += 1,
            Verdict::Different(way, _) => {
                let known = counts.different.entry(way.clone()).or_default();
                *known += 1;
                if *known == 1 && reports.len() < most {
                    let folder = scratch.join(format!("found-{seed}"));
                    let report = small(&bench, &link, &way, &folder)?;
                    tell(&format!("seed {seed}: {report}"));
                    reports.push(format!("seed {seed}: {report}"));
                }
            }
        }
    }
    summary(&counts);
    match reports.is_empty() {
        true => Ok(()),
        false => Err(reports.join("\n\n").into()),
    }
}

/// Makes a link small and writes it into a directory.
fn small(bench: &Bench, link: &Link, way: &str, folder: &Path) -> Result<String, String> {
    let same_way =
        |link: &Link| matches!(bench.judge(link), Ok(Verdict::Different(found, _)) if found == way);
    let link = shrink::shrink(link, same_way);
    let details = match bench.judge(&link)? {
        Verdict::Different(_, details) => details,
        other => format!("{other:?}"),
    };
    let error = |e: std::io::Error| format!("cannot write `{}`: {e}", folder.display());
    let _ = std::fs::remove_dir_all(folder);
    for name in ["lld", "ours"] {
        std::fs::create_dir_all(folder.join(name)).map_err(error)?;
    }
    let mut words = link.options.concat();
    words.extend(files::write(&link, folder).map_err(error)?);
    let words = words.join(" ");
    let script = format!(
        "# {way}\nrust-lld -flavor wasm {words} -o lld/out.wasm\nxsys ld -flavor wasm --compat=wasm-ld {words} -o ours/out.wasm\n"
    );
    std::fs::write(folder.join("repeat.sh"), script).map_err(error)?;
    // In this form it can become a test.
    let found = Found {
        was: way.to_owned(),
        link: link.clone(),
    };
    let text = serde_json::to_string(&found).map_err(|e| format!("cannot describe it: {e}"))?;
    std::fs::write(folder.join("link.json"), text + "\n").map_err(error)?;
    std::fs::write(folder.join("link.txt"), describe::describe(&link)).map_err(error)?;
    Ok(format!("{way}\n{details}\n{words}\nin {}", shown(folder)))
}

fn shown(folder: &Path) -> String {
    let absolute: PathBuf = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.display().to_string()
}

fn summary(counts: &Counts) {
    let explained: u64 = counts.explained.values().sum();
    let different: u64 = counts.different.values().sum();
    let refused: u64 = counts.refused.values().sum();
    let all = counts.same + refused + explained + different;
    let same = counts.same;
    tell(&format!(
        "{all} links: {same} of the same bytes, {refused} refused by both, {explained} explained, \
         {different} unexplained"
    ));
    for (why, count) in &counts.refused {
        tell(&format!("  refused {count}: {why}"));
    }
    for (name, count) in &counts.explained {
        tell(&format!("  explained {count}: {name}"));
    }
    for (way, count) in &counts.different {
        tell(&format!("  unexplained {count}: {way}"));
    }
}

/// The progress that the fuzzer prints.
fn tell(text: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes());
}
