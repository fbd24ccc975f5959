//! Crates with C code: a compiler that is installed is found and used, and where there is none that
//! is said before anything is compiled.
//!
//! A small crate of this test's own stands for those that people use: `cc` as they have it, the C
//! library's headers, structures whose layout differs between C libraries and machines. The real ones
//! are tried by `scripts/test-c-code`.

#![cfg(unix)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use xsys_tests::project::{
    Place, Ran, find_program, folders_in, path_of, repository, run, skip, xsys_in,
};

const TRIPLE: &str = "aarch64-unknown-linux-musl";

/// What a build needs on the machine that builds; its own C compiler links build scripts, and makes
/// what they are made of.
const HOST: [&str; 10] = [
    "rustc",
    "cargo",
    "rustup",
    "cc",
    "ar",
    "ld",
    "as",
    "env",
    "sh",
    "qemu-aarch64",
];

/// A program, a crate with C code behind another one, and a macro whose build compiles C for the
/// host.
fn project(place: &Place) {
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
    };
    let cc = "[build-dependencies]\ncc = \"1\"\n";
    for (path, text) in [
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"plain\"]\n".to_owned(),
        ),
        (
            "app/Cargo.toml",
            package(
                "app",
                "[dependencies]\nmiddle = { path = \"../middle\" }\nmacros = { path = \"../macros\" }\n",
            ),
        ),
        (
            "app/src/main.rs",
            "fn main() { println!(\"{} {}\", middle::sum(), macros::seven!()); }\n".to_owned(),
        ),
        (
            "plain/Cargo.toml",
            package(
                "plain",
                "[dependencies]\nmacros = { path = \"../macros\" }\n\
                 inner-sys = { path = \"../inner-sys\", optional = true }\n",
            ),
        ),
        (
            "plain/src/main.rs",
            "fn main() { println!(\"{}\", macros::seven!()); }\n".to_owned(),
        ),
        (
            "middle/Cargo.toml",
            package(
                "middle",
                "[dependencies]\ninner-sys = { path = \"../inner-sys\" }\n",
            ),
        ),
        (
            "middle/src/lib.rs",
            "pub fn sum() -> i64 { inner_sys::check() }\n".to_owned(),
        ),
        ("inner-sys/Cargo.toml", package("inner-sys", cc)),
        (
            "inner-sys/build.rs",
            "fn main() {\n    cc::Build::new().file(\"check.c\").file(\"more.c\").compile(\"inner\");\n}\n"
                .to_owned(),
        ),
        ("inner-sys/check.c", CHECK_C.to_owned()),
        (
            "inner-sys/more.c",
            "#include <stdint.h>\nint64_t more(void) { return sizeof(void *); }\n".to_owned(),
        ),
        (
            "inner-sys/src/lib.rs",
            "unsafe extern \"C\" { fn c_check() -> i64; }\n\
             pub fn check() -> i64 { unsafe { c_check() } }\n"
                .to_owned(),
        ),
        (
            "macros/Cargo.toml",
            package(
                "macros",
                "[lib]\nproc-macro = true\n[build-dependencies]\ncc = \"1\"\n",
            ),
        ),
        (
            "macros/build.rs",
            "fn main() { cc::Build::new().file(\"seven.c\").compile(\"seven\"); }\n".to_owned(),
        ),
        (
            "macros/seven.c",
            "#include <stdio.h>\nint seven(void) { return 7; }\n".to_owned(),
        ),
        (
            "macros/src/lib.rs",
            "#[proc_macro]\n\
             pub fn seven(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    \
             unsafe { c::seven() }.to_string().parse().unwrap()\n}\n\
             mod c { unsafe extern \"C\" { pub fn seven() -> i32; } }\n"
                .to_owned(),
        ),
    ] {
        place.write(path, &text);
    }
}

/// `fcntl` and `stdio` are where glibc's headers lead to other symbols than musl's, `struct stat`
/// and `long double` where a wrong machine's headers show.
const CHECK_C: &str = r#"
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __GLIBC__
#error "these are the headers of glibc"
#endif

int64_t more(void);
static _Thread_local int counter;
static jmp_buf place;

int64_t c_check(void) {
    char name[] = "/tmp/xsys-c-code-XXXXXX";
    int file = mkstemp(name);
    if (file < 0 || write(file, "12345", 5) != 5) return -1;
    struct stat found;
    if (fstat(file, &found) != 0 || found.st_size != 5) return -2;
    if (fcntl(file, F_GETFL) < 0 || (fcntl(file, F_GETFL) & O_ACCMODE) != O_RDWR) return -3;
    close(file);
    unlink(name);
    char text[64];
    volatile long double third = 1.0L / 3.0L;
    snprintf(text, sizeof text, "%.3Lf %s", third, strerror(ENOENT));
    if (strcmp(text, "0.333 No such file or directory") != 0) return -4;
    if (setjmp(place) == 0) longjmp(place, 1);
    int64_t sum = strtol("30", 0, 10) + more();
    __atomic_fetch_add(&sum, ++counter, __ATOMIC_SEQ_CST);
    return sum;
}
"#;

const PROGRAM_SAYS: &str = "39 7\n";

/// Starts xsys in a place, where nothing is on `PATH` but what a build on this machine needs and
/// these compilers.
struct Machine<'a> {
    place: &'a Place,
    path: OsString,
}

impl<'a> Machine<'a> {
    fn with(place: &'a Place, compilers: &[&str]) -> Self {
        let names = [&HOST[..], compilers].concat();
        let bin = Place {
            folder: place.path(&format!("bin-of-{}", compilers.join("-"))),
        };
        Self {
            place,
            path: path_of(&bin, &names),
        }
    }

    fn xsys(&self, line: &str) -> Command {
        let mut command = xsys_in(&self.place.folder);
        command.args(line.split(' ')).env("PATH", &self.path);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["CC", "AR", "CFLAGS", "TARGET_", "CROSS_", "XSYS_MUSL"]
                .iter()
                .any(|start| text.starts_with(start))
            {
                command.env_remove(&name);
            }
        }
        command
    }
}

fn has_qemu(test: &str) -> bool {
    let found = find_program("qemu-aarch64").is_some();
    if !found {
        skip(test, "qemu-aarch64 is not installed");
    }
    found
}

fn static_program(folder: &Path) {
    let bytes = std::fs::read(folder.join("debug/app")).expect("the program is there");
    assert_eq!(bytes[18], 183, "it is for AArch64");
}

#[test]
fn an_installed_compiler_is_used_by_itself() {
    let place = Place::new("c-code", "installed");
    project(&place);
    for compiler in ["aarch64-linux-gnu-gcc", "clang"] {
        let test = format!("C code for musl by {compiler}");
        if find_program(compiler).is_none() {
            skip(&test, "it is not installed");
            continue;
        }
        if !has_qemu(&test) {
            continue;
        }
        let machine = Machine::with(&place, &[compiler]);
        let line = format!("C compiler {compiler} with xsys's own headers of musl for inner-sys");
        for what in [
            "--board aarch64-linux",
            "--target aarch64-unknown-linux-musl",
        ] {
            let call = format!("run -p app --target-dir {compiler} {what}");
            let ran = run(&mut machine.xsys(&call)).ends_with(0).tells(&line);
            assert_eq!(ran.stdout, PROGRAM_SAYS, "{call}");
            static_program(&place.path(compiler).join(TRIPLE));
        }
        // Board and triple in turns: nothing is made again.
        let call = format!("build -p app --target-dir {compiler} --board aarch64-linux");
        let again = run(&mut machine.xsys(&call)).ends_with(0);
        assert!(!again.stderr.contains("Compiling"), "{}", again.stderr);
        assert_made_by_us(&place.path(compiler).join(TRIPLE).join("debug/build"));
    }
}

/// An archive of ours has no times and no owners in it.
fn assert_made_by_us(build: &Path) {
    let archives: Vec<PathBuf> = folders_in(build)
        .iter()
        .map(|name| build.join(name).join("out/libinner.a"))
        .filter(|path| path.is_file())
        .collect();
    assert!(!archives.is_empty(), "no archive in {}", build.display());
    for path in archives {
        let bytes = std::fs::read(&path).expect("an archive can be read");
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.starts_with("!<arch>\n/ "),
            "{} has no index",
            path.display()
        );
        assert!(text.contains("c_check"), "{}", path.display());
    }
}

#[test]
fn nothing_installed_is_said_before_anything_is_compiled() {
    let place = Place::new("c-code", "nothing");
    project(&place);
    let machine = Machine::with(&place, &[]);
    // The lock file is made, and what is in it fetched.
    run(Command::new("cargo")
        .arg("fetch")
        .current_dir(&place.folder))
    .ends_with(0);
    for (what, name) in [("--board aarch64-linux", TRIPLE), ("--target", TRIPLE)] {
        let what = if what == "--target" {
            format!("--target {TRIPLE}")
        } else {
            what.to_owned()
        };
        let ran = run(&mut machine.xsys(&format!("build -p app {what}")))
            .ends_with(101)
            .tells(&format!(
                "error: `inner-sys` compiles C code for `{name}`, and no compiler for it is installed"
            ))
            .tells("app → middle → inner-sys 0.1.0")
            .tells("`gcc-aarch64-linux-gnu` or `clang`")
            .tells("CC_aarch64_unknown_linux_musl=PROGRAM");
        assert!(!ran.stderr.contains("Compiling"), "{}", ran.stderr);
        assert!(!place.path("target").join(TRIPLE).exists());
    }
    let ran = run(&mut machine.xsys(&format!(
        "--error-format json build -p app --target {TRIPLE}"
    )))
    .ends_with(101);
    let message: serde_json::Value =
        serde_json::from_str(ran.stderr.trim()).expect("one line of JSON");
    assert_eq!(message["level"], "error", "{message}");

    // Without the crate, by member or by feature, there is nothing to say; what a macro is made of
    // is compiled by the host's compiler.
    for call in ["check -p plain", "check -p plain --features inner-sys"] {
        let ran = run(&mut machine.xsys(&format!("{call} --target {TRIPLE}")));
        let told = ran.stderr.contains("no compiler for it is installed");
        assert_eq!(told, call.contains("features"), "{call}: {}", ran.stderr);
        assert_eq!(ran.code, Some(if told { 101 } else { 0 }), "{}", ran.stderr);
    }
}

#[test]
fn a_crate_that_may_do_without_c_gets_a_warning() {
    let place = Place::new("c-code", "optional");
    place.write(
        "Cargo.toml",
        "[package]\nname = \"maybe\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
         [build-dependencies]\ncc = \"1\"\n",
    );
    place.write("src/lib.rs", "#![no_std]\n");
    place.write(
        "build.rs",
        "fn main() { if cc::Build::new().try_get_compiler().is_err() { println!(\"cargo:rustc-cfg=slow\"); } }\n",
    );
    let machine = Machine::with(&place, &[]);
    let line = "check --crates core --target thumbv7m-none-eabi";
    run(&mut machine.xsys(line))
        .ends_with(0)
        .tells("warning: `maybe` may compile C code for `thumbv7m-none-eabi`, and no compiler for it is installed")
        .tells("`gcc-arm-none-eabi` or `clang`");
}

/// A compiler that writes down that it was called.
fn recorder(place: &Place, name: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let real = find_program("aarch64-linux-gnu-gcc").unwrap_or_default();
    let path = place.write(
        name,
        &format!(
            "#!/bin/sh\necho {name} >> '{}'\nexec '{}' \"$@\"\n",
            place.path("log").display(),
            real.display()
        ),
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .expect("a script can be made executable");
    path
}

#[test]
fn a_compiler_of_the_users_own_goes_before() {
    let test = "a C compiler of the user's own";
    if find_program("aarch64-linux-gnu-gcc").is_none() {
        skip(test, "aarch64-linux-gnu-gcc is not installed");
        return;
    }
    let place = Place::new("c-code", "own");
    bare_project(
        &place,
        "fn main() { cc::Build::new().file(\"a.c\").compile(\"a\"); }\n",
    );
    let line = "build --crates core --target aarch64-unknown-none";
    let machine = Machine::with(&place, &["aarch64-linux-gnu-gcc"]);
    let asked = |command: &mut Command| -> Ran {
        let _ = std::fs::remove_file(place.path("log"));
        place.write(
            "a.c",
            &format!(
                "#include <stdint.h>\nint a(void) {{ return {}; }}\n",
                unique()
            ),
        );
        run(command).ends_with(0)
    };
    let log = || std::fs::read_to_string(place.path("log")).unwrap_or_default();

    for variable in ["TARGET_CC", "CC_aarch64-unknown-none", "CC"] {
        let own = recorder(&place, variable);
        let ran = asked(machine.xsys(line).env(variable, &own));
        assert!(log().contains(variable), "{variable}: {}", ran.stderr);
        assert!(!ran.stderr.contains("C compiler"), "{}", ran.stderr);
    }
    // In cargo's configuration, where the environment would win.
    let own = recorder(&place, "configured");
    place.write(
        ".cargo/config.toml",
        &format!("[env]\nCC_aarch64_unknown_none = '{}'\n", own.display()),
    );
    asked(&mut machine.xsys(line));
    assert!(log().contains("configured"));
    std::fs::remove_file(place.path(".cargo/config.toml")).expect("a file can be removed");
    asked(&mut machine.xsys(line)).tells("C compiler aarch64-linux-gnu-gcc for bare");
    assert_eq!(log(), "");
}

fn unique() -> u32 {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// A program without a system that calls C.
fn bare_project(place: &Place, build_script: &str) {
    place.write(
        "Cargo.toml",
        "[package]\nname = \"bare\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
         [build-dependencies]\ncc = \"1\"\n\
         [profile.dev]\npanic = \"abort\"\n\
         [package.metadata.xsys]\nscript = \"link.x\"\n",
    );
    place.write("build.rs", build_script);
    place.write(
        "a.c",
        "#include <stdint.h>\nint a(void) { return (int) sizeof(uint64_t); }\n",
    );
    place.write(
        "src/main.rs",
        "#![no_std]\n#![no_main]\n\
         unsafe extern \"C\" { fn a() -> i32; }\n\
         #[unsafe(no_mangle)]\npub extern \"C\" fn _start() -> ! { unsafe { a() }; loop {} }\n\
         #[panic_handler]\nfn panicked(_: &core::panic::PanicInfo) -> ! { loop {} }\n",
    );
    place.write(
        "link.x",
        "ENTRY(_start)\nSECTIONS {\n  . = 0x80000;\n  .text : { *(.text .text.*) }\n  \
         .rodata : { *(.rodata .rodata.*) }\n  /DISCARD/ : { *(.ARM.*) *(.comment) }\n}\n",
    );
}

/// A spec may be called anything: the compiler is told what the spec says, not what its name says.
#[test]
fn a_spec_with_a_name_of_its_own_gets_the_right_code() {
    let test = "C code for a spec of the user's own";
    if find_program("clang").is_none() {
        skip(test, "clang is not installed");
        return;
    }
    let place = Place::new("c-code", "own-spec");
    bare_project(
        &place,
        "fn main() { cc::Build::new().file(\"a.c\").compile(\"a\"); }\n",
    );
    std::fs::copy(
        repository().join("sysroots/lm3s6965evb/target.json"),
        place.path("my-machine.json"),
    )
    .expect("a spec can be copied");
    let machine = Machine::with(&place, &["clang"]);
    for (what, name, number) in [
        ("--target-spec my-machine.json", "my-machine", 40),
        ("--target aarch64-unknown-none", "aarch64-unknown-none", 183),
    ] {
        run(&mut machine.xsys(&format!("build --crates core {what}")))
            .ends_with(0)
            .tells("C compiler clang for bare");
        let program = std::fs::read(place.path("target").join(name).join("debug/bare"));
        assert_eq!(program.expect("the program is there")[18], number, "{name}");
    }
}

#[test]
fn what_belongs_to_this_machine_is_named_in_a_foreign_link() {
    let place = Place::new("c-code", "foreign");
    bare_project(
        &place,
        "fn main() {\n    let _ = std::env::var(\"TARGET\");\n    cc::Build::new().compiler(\"cc\").file(\"a.c\").compile(\"a\");\n    \
         println!(\"cargo:rustc-link-search=native=/usr/lib\");\n}\n",
    );
    let machine = Machine::with(&place, &[]);
    let line = "build --crates core --target aarch64-unknown-none";
    let ran = run(&mut machine.xsys(line)).ends_with(101);
    if cfg!(target_arch = "x86_64") {
        ran.clone()
            .tells("is for another architecture")
            .tells("it comes from the crate `bare`")
            .tells("`CC_aarch64_unknown_none=PROGRAM` names the compiler");
    }
    ran.tells("the build script of `bare` hands a directory of this machine's libraries, `/usr/lib`, to the link for `aarch64-unknown-none`");

    // Also where the link succeeds, and rustc would hide it; and again when nothing is done.
    place.write(
        "build.rs",
        "fn main() { println!(\"cargo:rustc-link-search=native=/usr/lib\"); }\n",
    );
    let main = place.path("src/main.rs");
    let text = std::fs::read_to_string(&main).expect("a file can be read");
    let text = text
        .replace("unsafe extern \"C\" { fn a() -> i32; }\n", "")
        .replace("unsafe { a() }; ", "");
    std::fs::write(&main, text).expect("a file can be written");
    for _ in 0..2 {
        run(&mut machine.xsys(line))
            .ends_with(0)
            .tells("hands a directory of this machine's libraries, `/usr/lib`");
    }
}
