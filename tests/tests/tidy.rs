//! The rules for the sources: lengths, file heads, circles, the order of directories, where machines are named, which
//! binary files are tracked.
//! `cargo run -p xsys-tests --example structure` shows all of it.

use std::process::Command;

use xsys_tests::house::{self, rules};

#[test]
fn sources_keep_the_rules() {
    let crates = house::crates();
    let found = rules::found(&crates);
    let list = house::repository().join("tests/tidy.toml");
    let listed = std::fs::read_to_string(list).expect("the list of what breaks rules");
    let listed: rules::Known = toml::from_str(&listed).expect("a list in TOML");
    let mut wrong = Vec::new();
    for (rule, found, listed) in [
        ("lines of a file", &found.files, &listed.files),
        ("lines of a function", &found.functions, &listed.functions),
        ("files in circles", &found.circles, &listed.circles),
        ("machines outside arch", &found.machines, &listed.machines),
        ("no head", &found.headless, &listed.headless),
    ] {
        wrong.extend(rules::differences(rule, found, listed));
    }
    for one in &crates {
        let against = rules::against_the_order(one).into_iter();
        wrong.extend(against.map(|line| format!("order of folders: {}: {line}", one.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn options_are_read() {
    let sources =
        ["xsys-link", "xsys"].map(|name| house::repository().join("crates").join(name).join("src"));
    let unread = house::options::unread(&sources);
    assert!(
        unread.is_empty(),
        "nothing reads these options: {}",
        unread.join(", ")
    );
}

/// Binary files that belong here, by the beginning of their paths: inputs that fuzzing found, and one that it starts from.
const BINARY: [&str; 2] = [
    "crates/xsys-link/tests/hostile/",
    "fuzz/fuzz_targets/script-input.o",
];

#[test]
fn no_binary_file_is_tracked() {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(house::repository())
        .output();
    let Ok(listed) = listed
        .as_ref()
        .map(|output| String::from_utf8_lossy(&output.stdout))
    else {
        return; // sources without git, as in a package
    };
    let mut binary = Vec::new();
    for name in listed.split('\0') {
        let known = BINARY.iter().any(|begin| name.starts_with(begin));
        let path = house::repository().join(name);
        if !known && std::fs::read(path).is_ok_and(|bytes| bytes.contains(&0)) {
            binary.push(name.to_owned());
        }
    }
    assert!(binary.is_empty(), "binary files are tracked: {binary:#?}");
}
