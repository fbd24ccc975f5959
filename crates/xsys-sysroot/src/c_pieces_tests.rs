//! What a directory with a C library's pieces ends up with.

use super::*;
use crate::musl::MUSL;

#[test]
fn gaps_are_filled_with_empty_archives() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("musl");
    std::fs::create_dir(&directory).unwrap();
    for name in MUSL.needed {
        assert_eq!(lacking(&MUSL, &directory), Some(*name));
        std::fs::write(directory.join(name), format!("real {name}")).unwrap();
    }
    assert_eq!(lacking(&MUSL, &directory), None);
    let cache = Cache::new(temporary.path().join("cache"));
    let musl = pieces(&MUSL, directory, "here".to_owned(), &cache).unwrap();
    let installed = temporary.path().join("installed");
    install(&musl, &installed).unwrap();
    let content = |name: &str| std::fs::read_to_string(installed.join(name)).unwrap();
    assert_eq!(content("libc.a"), "real libc.a");
    assert_eq!(content("libm.a"), "!<arch>\n");
    assert_eq!(content("crtbegin.o"), "!<arch>\n");
    assert!(
        !installed.join("rcrt1.o").exists(),
        "not needed by every spec"
    );
}

#[test]
fn a_distributions_musl_gets_an_unwinder() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("musl");
    std::fs::create_dir(&directory).unwrap();
    for name in MUSL.needed {
        std::fs::write(directory.join(name), "").unwrap();
    }
    let cache = Cache::new(temporary.path().join("cache"));
    let wanted = Wanted {
        kit: &MUSL,
        triples: vec!["x86_64-unknown-linux-musl".to_owned()],
    };
    let sysroots = [temporary.path().join("old"), temporary.path().join("new")];
    let complete_with = |in_rust: bool| {
        let mut musl = pieces(&MUSL, directory.clone(), "here".to_owned(), &cache)?;
        complete(
            &mut musl,
            &wanted,
            &sysroots,
            in_rust,
            Some("stable"),
            &cache,
        )?;
        Ok::<_, Error>(musl)
    };
    let complete = || complete_with(false);
    // None anywhere: reported before anything is compiled, with what provides one.
    let problem = complete().unwrap_err().into_diagnostic();
    assert!(problem.message.contains("has no unwinder"), "{problem}");
    let add = "rustup target add x86_64-unknown-linux-musl --toolchain stable";
    assert!(problem.help[0].contains(add), "{problem}");

    // One in Rust, where the architecture has it: another library for the key.
    let plain = pieces(&MUSL, directory.clone(), "here".to_owned(), &cache).unwrap();
    let rust = complete_with(true).unwrap();
    assert_eq!(rust.unwinder, Unwinder::InRust);
    assert_ne!(rust.digest, plain.digest);

    // The advice is followed.
    let component = of(&sysroots[1], "x86_64-unknown-linux-musl");
    std::fs::create_dir_all(&component).unwrap();
    std::fs::write(component.join("libunwind.a"), "real unwinder").unwrap();
    let musl = complete_with(true).unwrap();
    let installed = temporary.path().join("installed");
    install(&musl, &installed).unwrap();
    let content = std::fs::read_to_string(installed.join("libunwind.a")).unwrap();
    assert_eq!(content, "real unwinder");

    // The directory's own unwinder wins, and the key differs.
    std::fs::write(directory.join("libunwind.a"), "own unwinder").unwrap();
    let own = complete().unwrap();
    assert_eq!(own.unwinder, Unwinder::OfDirectory);
    assert_ne!(own.digest, musl.digest);
}

#[test]
fn a_named_directory_may_have_one_for_each_target() {
    let directory = tempfile::tempdir().unwrap();
    let named = directory.path().to_owned();
    let of = |triple: &str| {
        let wanted = Wanted {
            kit: &crate::musl::MUSL,
            triples: vec![triple.to_owned()],
        };
        of_target(&wanted, named.clone())
    };
    assert_eq!(of("a-linux-musl"), Some(named.clone()));
    let one = named.join("a-linux-musl");
    std::fs::create_dir(&one).unwrap();
    for name in crate::musl::MUSL.needed {
        std::fs::write(one.join(name), "").unwrap();
    }
    assert_eq!(of("a-linux-musl"), Some(one));
    assert_eq!(of("b-linux-musl"), None);
}
