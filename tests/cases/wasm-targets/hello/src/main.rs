//! Says what it was given, with what std has of a system.

use std::collections::BTreeMap;

fn main() {
    let mut lengths: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for word in std::env::args().skip(1) {
        lengths.entry(word.len()).or_default().push(word);
    }
    for (length, words) in lengths {
        println!("{length}: {}", words.join(" "));
    }
    eprintln!("to the other stream");
    std::process::exit(if cfg!(target_env = "p1") { 3 } else { 0 });
}
