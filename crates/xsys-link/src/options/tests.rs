//! Command lines and what they mean, from single spellings to what rustc passes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use super::gnu::{Parsed, parse};
use super::row::{Arg, Effect};
use super::table::TABLE;
use super::z::Z_TABLE;
use super::*;

fn parse_words(line: &str) -> Parsed {
    let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    parse(&args)
}

fn file(path: &str) -> InputArg {
    InputArg {
        what: InputWhat::File(PathBuf::from(path)),
        whole_archive: false,
        in_lib_group: false,
        just_symbols: false,
        binary: false,
        as_needed: false,
        static_only: false,
    }
}

fn library(name: &str) -> InputArg {
    InputArg {
        what: InputWhat::Library(name.to_owned()),
        ..file("")
    }
}

/// Each line, with an input added, must differ from the defaults in exactly this way.
#[track_caller]
fn check(lines: &[&str], change: impl Fn(&mut ElfOptions)) {
    for line in lines {
        let parsed = parse_words(&format!("{line} a.o"));
        assert!(
            parsed.diagnostics.is_empty(),
            "{line}: {:?}",
            parsed.diagnostics
        );
        assert_eq!(parsed.action, Action::Link, "{line}");
        let mut expected = ElfOptions::default();
        change(&mut expected);
        // Positions have tests of their own.
        expected.output_given = parsed.options.output_given;
        expected
            .input
            .scripts_at
            .clone_from(&parsed.options.input.scripts_at);
        expected
            .symbols
            .defsym_after
            .clone_from(&parsed.options.symbols.defsym_after);
        if expected.input.args.is_empty() {
            expected.input.args.push(file("a.o"));
        }
        assert_eq!(parsed.options, expected, "{line}");
    }
}

/// Lines with an input added, and the problems they lead to.
#[track_caller]
fn check_problems(line: &str, expected: &[&str]) {
    let problems: Vec<String> = parse_words(&format!("a.o {line}"))
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(problems, expected, "{line}");
}

#[test]
fn spellings() {
    check(&["-o x", "-ox", "--output x", "--output=x"], |o| {
        o.output = PathBuf::from("x");
    });
    // One dash and `o`: always the output.
    check(&["-output"], |o| o.output = PathBuf::from("utput"));
    check(
        &[
            "-e f",
            "-ef",
            "--entry f",
            "--entry=f",
            "-entry f",
            "-entry=f",
        ],
        |o| o.symbols.entry = Some("f".into()),
    );
    check(
        &["-Tx.ld", "-T x.ld", "--script=x.ld", "-script x.ld"],
        |o| {
            o.input.scripts = vec![PathBuf::from("x.ld")];
        },
    );
    check(
        &[
            "--gc-sections",
            "-gc-sections",
            "--no-gc-sections --gc-sections",
        ],
        |o| {
            o.layout.gc_sections = true;
        },
    );
    check(
        &["--gc-sections --no-gc-sections", "-no-gc-sections", ""],
        |_| {},
    );
    check(&["-z now", "-znow", "-z lazy -z now"], |o| o.z.now = true);
    check(&["-flavor gnu -r", "-r", "-i", "--relocatable"], |o| {
        o.kind = OutputKind::Relocatable;
        o.input.fully_static = true;
    });
}

#[test]
fn start_addresses_are_hexadecimal() {
    for (lines, name) in [
        (["-Ttext 0x8000", "-Ttext=8000", "--Ttext=8000"], ".text"),
        (
            ["-Tdata 8000", "-Tdata=0x8000", "--section-start=.data=8000"],
            ".data",
        ),
        (
            [
                "-Tbss 8000",
                "-Tbss 1 -Tbss 8000",
                "--section-start .bss=0x8000",
            ],
            ".bss",
        ),
        (
            [
                "-Ttext-segment=8000",
                "-Ttext-segment 8000",
                "--Ttext-segment=0X8000",
            ],
            "text-segment",
        ),
    ] {
        check(&lines, |o| {
            o.layout.section_start = vec![(name.into(), 0x8000)]
        });
    }
    check(&["--image-base=0x8000", "--image-base 32768"], |o| {
        o.layout.image_base = Some(0x8000);
    });
}

#[test]
fn values() {
    check(&["--build-id", "--build-id=fast"], |o| {
        o.layout.build_id = BuildId::Fast
    });
    check(&["--build-id=0x12ab"], |o| {
        o.layout.build_id = BuildId::Hex(vec![0x12, 0xab])
    });
    check(&["-Map=-", "-M", "--print-map"], |o| {
        o.reports.map = Some(MapTo::Stdout)
    });
    check(&["-Map=m", "-Map m", "--Map=m"], |o| {
        o.reports.map = Some(MapTo::File(PathBuf::from("m")));
    });
    check(&["--threads=3"], |o| o.threads = Some(3));
    check(&["--threads=3 --threads", "--threads"], |_| {});
    check(&["-s", "-s -S", "-S -s", "--strip-all"], |o| {
        o.symbols.strip = Strip::All
    });
    check(&["-O2"], |o| o.layout.optimize = 2);
    check(&["-O300"], |o| o.layout.optimize = 255);
    check(&["-m elf_x86_64", "-melf_x86_64"], |o| {
        o.machine.emulation = crate::elf::arch::emulation("elf_x86_64");
    });
    check(&["--defsym=a=b+4", "--defsym a=b+4"], |o| {
        o.symbols.defsym = vec![("a".into(), "b+4".into())];
        o.symbols.defsym_after = vec![0];
    });
    check(&["-u a --undefined=b"], |o| {
        o.symbols.undefined = vec!["a".into(), "b".into()]
    });
    check(
        &["-z max-page-size=0x10000", "-zmax-page-size=65536"],
        |o| {
            o.z.max_page_size = Some(0x1_0000);
        },
    );
    check(&["-z noexecstack"], |o| o.z.exec_stack = Some(false));
    check(
        &["-L=/lib --sysroot=/s", "--sysroot /s -L $SYSROOT/lib"],
        |o| {
            o.input.sysroot = Some(PathBuf::from("/s"));
            o.input.search_dirs = vec![PathBuf::from("/s/lib")];
        },
    );
    check(&["--orphan-handling=error"], |o| {
        o.layout.orphan_handling = Orphan::Error
    });
    check(&["--icf=safe"], |o| o.layout.icf = Icf::Safe);
}

#[test]
fn kinds_of_output() {
    for (line, expected) in [
        ("", OutputKind::Static),
        ("-static", OutputKind::Static),
        ("-pie", OutputKind::StaticPie),
        ("-pie --no-pie", OutputKind::Static),
        ("-no-pie -pie", OutputKind::StaticPie),
        ("-static -pie --no-dynamic-linker", OutputKind::StaticPie),
        ("-static -pie --dynamic-linker=x", OutputKind::StaticPie),
        ("-pie -I x --no-dynamic-linker", OutputKind::StaticPie),
        ("-pie -I x", OutputKind::DynamicPie),
        ("-shared -I x", OutputKind::Shared),
        ("--dynamic-linker=x", OutputKind::Static),
        ("-r --dynamic-linker=x", OutputKind::Relocatable),
    ] {
        let parsed = parse_words(&format!("a.o {line}"));
        assert!(parsed.diagnostics.is_empty(), "{line}");
        assert_eq!(parsed.options.kind, expected, "{line}");
    }
}

#[test]
fn unresolved_symbols() {
    for (line, expected) in [
        ("", Unresolved::Error),
        ("--warn-unresolved-symbols", Unresolved::Warn),
        (
            "--warn-unresolved-symbols --error-unresolved-symbols",
            Unresolved::Error,
        ),
        ("--noinhibit-exec", Unresolved::Warn),
        ("--unresolved-symbols=ignore-all", Unresolved::Ignore),
        ("--unresolved-symbols=ignore-all -z defs", Unresolved::Error),
        ("-z undefs", Unresolved::Ignore),
    ] {
        let parsed = parse_words(&format!("a.o {line}"));
        assert_eq!(parsed.options.symbols.unresolved, expected, "{line}");
    }
}

#[test]
fn inputs_carry_the_state_of_their_place() {
    let parsed = parse_words(
        "a.o --whole-archive -lb --push-state --no-whole-archive --as-needed -Bstatic -l:c.a \
         --pop-state d.a --no-whole-archive --start-lib e.o --end-lib -R f.elf -b binary g.bin \
         -b default --start-group h.a -( i.a",
    );
    let expected = vec![
        file("a.o"),
        InputArg {
            whole_archive: true,
            ..library("b")
        },
        InputArg {
            as_needed: true,
            static_only: true,
            ..library(":c.a")
        },
        InputArg {
            whole_archive: true,
            ..file("d.a")
        },
        InputArg {
            in_lib_group: true,
            ..file("e.o")
        },
        InputArg {
            just_symbols: true,
            ..file("f.elf")
        },
        InputArg {
            binary: true,
            ..file("g.bin")
        },
        file("h.a"),
        file("i.a"),
    ];
    assert_eq!(parsed.options.input.args, expected);
    let problems: Vec<_> = parsed
        .diagnostics
        .iter()
        .map(|d| d.message.as_str())
        .collect();
    assert_eq!(
        problems,
        [
            "groups may not be nested",
            "`--start-group` without `--end-group`"
        ]
    );
}

#[test]
fn rustc_bare_metal() {
    let parsed = parse_words(
        "-flavor gnu symbols.o a.rcgu.o --as-needed -Bstatic libcore.rlib -L deps -Bdynamic \
         --eh-frame-hdr -z noexecstack -o out --gc-sections -O1 -Tlink.x --nmagic \
         --fix-cortex-a53-843419 -z relro -z now",
    );
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let mut expected = ElfOptions {
        output: PathBuf::from("out"),
        output_given: true,
        ..ElfOptions::default()
    };
    let library = InputArg {
        as_needed: true,
        static_only: true,
        ..file("libcore.rlib")
    };
    expected.input.args = vec![file("symbols.o"), file("a.rcgu.o"), library];
    expected.input.search_dirs = vec![PathBuf::from("deps")];
    expected.input.scripts = vec![PathBuf::from("link.x")];
    expected.input.scripts_at = vec![3];
    expected.layout.eh_frame_hdr = true;
    expected.layout.gc_sections = true;
    expected.layout.nmagic = true;
    expected.machine.fix_cortex_a53_843419 = true;
    expected.z.exec_stack = Some(false);
    expected.z.relro = Some(true);
    expected.z.now = true;
    assert_eq!(parsed.options, expected);
}

#[test]
fn rustc_static_musl() {
    let parsed = parse_words(
        "rcrt1.o crti.o crtbeginS.o symbols.o a.rcgu.o --as-needed -Bstatic libstd.rlib -lunwind \
         liblibc.rlib -lc libcompiler_builtins.rlib -L raw-dylibs -Bdynamic --eh-frame-hdr \
         -z noexecstack -L self-contained -o out --gc-sections -static -pie --no-dynamic-linker \
         -z text -z relro -z now -O1 crtendS.o crtn.o",
    );
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let options = parsed.options;
    assert_eq!(options.kind, OutputKind::StaticPie);
    let libraries: Vec<_> = options
        .input
        .args
        .iter()
        .filter_map(|input| match &input.what {
            InputWhat::Library(name) => Some(name.as_str()),
            InputWhat::File(_) => None,
        })
        .collect();
    assert_eq!(libraries, ["unwind", "c"]);
    assert_eq!(
        options.input.args.last().map(|input| &input.what),
        Some(&InputWhat::File("crtn.o".into()))
    );
    assert_eq!(options.input.args.len(), 12);
}

#[test]
fn every_mistake_is_reported() {
    check_problems(
        "--gc-section -z max-page-size=3 --icf=sfae --strip-all=x --unique -o",
        &[
            "error: unknown option `--gc-section`\n  = help: did you mean `--gc-sections`",
            "error: keyword `-z max-page-size` needs a power of two, not 0x3",
            "error: unknown value `sfae` for option `--icf`\n  = note: known values: none, safe, all\n  = help: did you mean `safe`",
            "error: option `--strip-all` takes no value",
            "error: option `--unique` is not supported\n  = note: not supported yet",
            "error: option `-o` needs a value: FILE",
        ],
    );
}

#[test]
fn unknown_options_get_help() {
    for (line, expected) in [
        ("--no-gc-section", "did you mean `--no-gc-sections`"),
        ("--print-mem", "did you mean `--print-memory-usage`"),
        ("-Bstatik", "did you mean `-Bstatic`"),
        (
            "-Wl,-Tx.ld,-s",
            "`-Wl,` is for compilers that call a linker; pass `-Tx.ld -s`",
        ),
        (
            "-nostartfiles",
            "this is an option of compilers that call a linker; leave it out",
        ),
        (
            "-mcpu=cortex-m4",
            "`-mcpu=cortex-m4` is an option of compilers; the linker takes the machine from its inputs",
        ),
        ("-m elf_x86-64", "did you mean `-m elf_x86_64`"),
        ("-z relr0", "did you mean `-z relro`"),
        ("--frobnicate", "`--help` lists the options"),
    ] {
        let parsed = parse_words(&format!("a.o {line}"));
        assert_eq!(parsed.diagnostics.len(), 1, "{line}");
        assert_eq!(parsed.diagnostics[0].help, [expected], "{line}");
    }
}

#[test]
fn contradictions() {
    check_problems("-r -pie", &["error: `-r` and `-pie` exclude each other"]);
    check_problems(
        "-shared -pie",
        &["error: `-shared` and `-pie` exclude each other"],
    );
    check_problems(
        "--pop-state",
        &["error: `--pop-state` without `--push-state`"],
    );
    check_problems("--end-lib", &["error: `--end-lib` without `--start-lib`"]);
    check_problems(
        "--oformat=binary",
        &[
            "error: the linker writes ELF, not `binary`\n  = help: `xsys image` makes binary, hex \
             and other images from ELF files",
        ],
    );
    check_problems(
        "--threads=0",
        &["error: option `--threads` needs a number above 0"],
    );
}

#[test]
fn harmless_options_change_nothing() {
    check(
        &[
            "-plugin-opt=O2 --plugin x.so -plugin y.so --lto-O3",
            "--enable-new-dtags --no-undefined-version --no-rosegment --rosegment",
            "--no-add-needed -g -G8 -G 8",
        ],
        |_| {},
    );
    // With one dash, `-lto` is a library.
    assert_eq!(parse_words("-lto-x").options.input.args, [library("to-x")]);
}

#[test]
fn actions() {
    let action = |line: &str| parse_words(line).action;
    assert_eq!(action("--version"), Action::Version);
    assert_eq!(action("-v"), Action::Version);
    assert_eq!(action("-v a.o"), Action::Link);
    assert!(gnu::VERSION.contains("GNU"));
    let Action::Help(text) = action("--help") else {
        panic!("no help");
    };
    for part in [
        "-o FILE, --output=FILE",
        "--[no-]gc-sections",
        "[no]relro",
        "-z [no]combreloc",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let none = parse_words("");
    assert_eq!(none.diagnostics[0].message, "there are no input files");
    assert!(parse_words("-T x.ld").diagnostics.is_empty());
}

#[test]
fn every_row_is_explained_and_unique() {
    let mut seen = BTreeSet::new();
    for row in TABLE {
        assert!(!row.names.is_empty());
        assert!(!row.text().is_empty(), "{:?}", row.names);
        for name in row.names {
            assert!(name.starts_with('-') && name.len() >= 2, "{name}");
            let bare = name.trim_start_matches('-');
            assert!(seen.insert(bare.to_owned()), "{name} twice");
            if matches!(row.arg, Arg::Switch) {
                assert!(name.starts_with("--"), "{name}");
                assert!(seen.insert(format!("no-{bare}")), "--no-{bare} twice");
            }
        }
    }
    let mut seen = BTreeSet::new();
    for row in Z_TABLE {
        assert!(!row.text().is_empty(), "{}", row.name);
        assert!(seen.insert(row.name.to_owned()), "{} twice", row.name);
        if matches!(row.arg, Arg::Switch) {
            assert!(
                seen.insert(format!("no{}", row.name)),
                "no{} twice",
                row.name
            );
        }
    }
}

/// Every spelling of every option reaches its own row and no other.
#[test]
fn every_row_is_reachable() {
    for row in TABLE {
        for name in row.names {
            let spelled = match row.arg {
                Arg::None | Arg::Switch | Arg::Optional(_) => (*name).to_owned(),
                Arg::Value(_) if name.len() > 2 => format!("{name}=1"),
                Arg::Value(_) | Arg::Prefix(_) => format!("{name}1"),
            };
            let parsed = parse(&["a.o".into(), OsString::from(&spelled)]);
            let rejected = parsed
                .diagnostics
                .iter()
                .any(|d| d.message == format!("option `{name}` is not supported"));
            assert_eq!(
                rejected,
                matches!(row.act, Effect::Reject(_)),
                "{spelled}: {:?}",
                parsed.diagnostics
            );
            let unknown = parsed
                .diagnostics
                .iter()
                .any(|d| d.message.starts_with("unknown option"));
            assert!(!unknown, "{spelled}");
        }
    }
}

#[cfg(unix)]
#[test]
fn paths_need_not_be_unicode() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let parsed = parse(&[bytes(b"-o\xff"), bytes(b"\xfe.o"), bytes(b"-e\xff")]);
    assert_eq!(parsed.options.output, PathBuf::from(bytes(b"\xff")));
    assert_eq!(
        parsed.options.input.args[0].what,
        InputWhat::File(bytes(b"\xfe.o").into())
    );
    assert_eq!(
        parsed.diagnostics[0].message,
        "the value of option `-e` is not Unicode: `\u{fffd}`"
    );
    let parsed = parse(&[bytes(b"-\xff")]);
    assert_eq!(parsed.diagnostics.len(), 2);
}
