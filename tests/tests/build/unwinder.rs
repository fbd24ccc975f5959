//! A C library without an unwinder, as distributions have it: std gets the one in Rust.
//!
//! The folder is rustup's musl less its `libunwind.a`, and the toolchain is one that has no musl of its own, from
//! which the unwinder would be taken otherwise.

#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use xsys_tests::project::{Place, run, rustc_sysroot, skip, xsys_in};

const PROGRAM: &str = r#"struct Guard(&'static str);
impl Drop for Guard {
    fn drop(&mut self) {
        println!("dropped in {}", self.0);
    }
}

#[inline(never)]
fn inner(text: &'static str) -> u32 {
    let _guard = Guard(text);
    text.parse().expect("a number")
}

#[inline(never)]
fn outer(text: &'static str) -> u32 {
    inner(text) + 1
}

fn main() {
    println!("caught {}", std::panic::catch_unwind(|| outer("main")).is_err());
    let thread = std::thread::spawn(|| outer("a thread"));
    println!("joined {}", thread.join().is_err());
    let payload = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(7_u8)));
    println!("payload {:?}", payload.unwrap_err().downcast_ref::<u8>());
    println!("returned {}", outer("41"));
    outer("the end");
}
"#;

const SAYS: &str = "dropped in main\ncaught true\ndropped in a thread\njoined true\npayload Some(7)\n\
                    dropped in 41\nreturned 42\ndropped in the end\n";

/// A toolchain like the one in use, without musl. Returns its rustc.
fn without_musl(place: &Place) -> std::io::Result<PathBuf> {
    let real = rustc_sysroot();
    let fake = place.path("toolchain");
    for folder in ["bin", "lib", "lib/rustlib"] {
        std::fs::create_dir_all(fake.join(folder))?;
        for entry in std::fs::read_dir(real.join(folder))? {
            let name = entry?.file_name();
            let own = name == "rustc" || name == "rustlib";
            if !own && !name.to_string_lossy().ends_with("-linux-musl") {
                symlink(real.join(folder).join(&name), fake.join(folder).join(&name))?;
            }
        }
    }
    // rustc finds its sysroot by where it really is, so it is told.
    let script = format!(
        "#!/bin/sh\ncase \" $*\" in *' --sysroot'*) exec '{0}' \"$@\" ;; esac\nexec '{0}' --sysroot '{1}' \"$@\"\n",
        real.join("bin/rustc").display(),
        fake.display()
    );
    let rustc = place.write("toolchain/bin/rustc", &script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&rustc, mode)?;
    Ok(rustc)
}

#[test]
fn panics_unwind_with_a_distributions_musl() {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let component = rustc_sysroot().join("lib/rustlib").join(&target);
    if !component.is_dir() {
        skip("unwinder", &format!("run `rustup target add {target}`"));
        return;
    }
    let place = Place::new("unwinder", "distribution");
    let musl = place.path("musl");
    std::fs::create_dir_all(&musl).unwrap();
    for name in ["crt1.o", "rcrt1.o", "crti.o", "crtn.o", "libc.a"] {
        let from = component.join("lib/self-contained").join(name);
        std::fs::copy(from, musl.join(name)).unwrap();
    }
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
                    [package.metadata.xsys.sysroot]\nopt-level = \"1\"\ndebug = 0\n";
    place.write("app/Cargo.toml", manifest);
    place.write("app/src/main.rs", PROGRAM);
    let app = place.path("app");
    let rustc = without_musl(&place).unwrap();
    let build = |flags: &[&str]| {
        let mut command = xsys_in(&app);
        command.args(["build", "--target", &target]).args(flags);
        command.env("RUSTC", &rustc).env("XSYS_MUSL_DIR", &musl);
        run(&mut command).ends_with(0)
    };
    // The advice that leads here.
    let mut without = xsys_in(&app);
    without
        .args(["build", "--target", &target])
        .env("RUSTC", &rustc);
    let needed = "or set `XSYS_MUSL_DIR` to a directory with crt1.o, crti.o, crtn.o, libc.a";
    run(&mut without).ends_with(101).tells(needed);
    build(&[]);
    panics_unwind(&app.join("target").join(&target).join("debug/app"));
    // What only the unwinder's callers name must outlive link-time optimisation.
    build(&["--release", "--config", "profile.release.lto=true"]);
    panics_unwind(&app.join("target").join(&target).join("release/app"));
}

fn panics_unwind(program: &Path) {
    let ran = run(std::process::Command::new(program).env("RUST_BACKTRACE", "1")).ends_with(101);
    assert_eq!(ran.stdout, SAYS, "{}", ran.stderr);
    let last = ran.stderr.rsplit("stack backtrace").next().unwrap();
    let frames = [
        "core::result::unwrap_failed",
        "app::inner",
        "app::outer",
        "app::main",
    ];
    let mut rest = last;
    for frame in frames {
        let at = rest.find(frame);
        let at = at.unwrap_or_else(|| panic!("no `{frame}` in its place\n{}", ran.stderr));
        rest = &rest[at..];
    }
}
