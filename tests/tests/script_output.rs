//! OUTPUT in a linker script names the file that is made, unless `-o` does.
//!
//! The cases of `tests/cases/link` always say `-o`, so this one stands by itself.

use std::ffi::OsString;
use std::path::Path;

use xsys_link::{Flavor, link_command_line};
use xsys_tests::link::case::Case;
use xsys_tests::link::compile;

#[test]
fn output_names_the_file_unless_an_option_does() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/link");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("script-output");
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch).expect("a folder");
    let case =
        Case::load(&cases.join("script-formats"), &xsys_tests::link::case::ELF).expect("the case");
    let objects = compile::objects(&case, &case.targets[0], &scratch, &scratch).expect("objects");
    let named = scratch.join("named.elf");
    let given = scratch.join("given.elf");
    let script = scratch.join("output.x");
    let text = format!(
        "OUTPUT(\"{}\")\nENTRY(start)\nSECTIONS {{ .text 0x1000 : {{ *(.text) }} }}\n",
        named.display()
    );
    std::fs::write(&script, text).expect("a script");

    let words = |more: &[&Path]| -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![scratch.join(&objects[0]).into(), "-T".into()];
        words.push(script.clone().into());
        for path in more {
            words.extend(["-o".into(), path.into()]);
        }
        words
    };
    let outcome = link_command_line(Flavor::Gnu, &words(&[]));
    assert!(!outcome.failed, "{:?}", outcome.diagnostics);
    assert_eq!(outcome.output.as_deref(), Some(named.as_path()));
    assert!(named.exists());

    std::fs::remove_file(&named).expect("a file");
    let outcome = link_command_line(Flavor::Gnu, &words(&[&given]));
    assert!(!outcome.failed, "{:?}", outcome.diagnostics);
    assert_eq!(outcome.output.as_deref(), Some(given.as_path()));
    assert!(given.exists() && !named.exists());
}
