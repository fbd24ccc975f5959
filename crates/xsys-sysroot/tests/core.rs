//! One real build: core for a custom spec, from the toolchain's own sources, and what is promised
//! about it. Takes about 15 s of CPU time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use xsys_diag::Source;
use xsys_sysroot::{Cache, CrateSet, Error, Progress, Request, Settings, Toolchain, ensure};
use xsys_target::Target;

/// Counts compilers.
#[derive(Default)]
struct Counter {
    planned: AtomicUsize,
    started: AtomicUsize,
    finished: AtomicUsize,
}

impl Progress for Counter {
    fn message(&self, _: &str) {}
    fn start(&self, total_units: usize) {
        self.planned.store(total_units, Ordering::Relaxed);
    }
    fn unit_started(&self, _: &str) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }
    fn unit_finished(&self, _: &str) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }
    fn waiting_for_lock(&self, _: &Path) {}
    fn finish(&self) {}
}

fn target(toolchain: &Toolchain) -> Target {
    let text = toolchain
        .rustc
        .target_spec_json("thumbv7m-none-eabi")
        .unwrap();
    let source = Source {
        path: "some-board.json".into(),
        text: text.into(),
    };
    Target::from_json("some-board".to_owned(), source, None).unwrap()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn core_for_a_custom_spec() {
    let toolchain = Toolchain::detect(Path::new("."), None).unwrap();
    let target = target(&toolchain);
    let temporary = tempfile::tempdir().unwrap();
    let cache = Cache::new(temporary.path().join("cache"));
    let request = Request {
        target: &target,
        toolchain: &toolchain,
        crates: CrateSet::Core,
        settings: Settings::for_target(&target),
        offline: true,
        cache: &cache,
        jobs: None,
    };

    // What a build that was killed leaves behind; its lock is free.
    let dead = cache.root().join("staging").join("0123-1-0");
    std::fs::create_dir_all(dead.join("lib")).unwrap();

    let counter = Counter::default();
    let first = match ensure(&request, &counter) {
        Err(error @ Error::NoRustSrc { .. }) => {
            // The one thing a toolchain may lack.
            assert!(error.into_diagnostic().to_string().contains("rust-src"));
            return;
        }
        result => result.unwrap(),
    };
    assert!(first.built);
    assert_eq!(first.rustc_calls, 4, "cfg, core, compiler_builtins, test");
    for count in [&counter.planned, &counter.started, &counter.finished] {
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }
    assert_eq!(files(&cache.root().join("staging")), Vec::<PathBuf>::new());

    // The second time nothing runs, from whatever project.
    let again = Counter::default();
    let second = ensure(&request, &again).unwrap();
    assert!(!second.built);
    assert_eq!(second.rustc_calls, 0);
    assert_eq!(again.started.load(Ordering::Relaxed), 0);
    assert_eq!(
        (&second.path, &second.spec, &second.key),
        (&first.path, &first.spec, &first.key)
    );

    let entries = cache.list().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].target, "some-board");
    assert_eq!(entries[0].crates, "core");
    assert_eq!(entries[0].release, toolchain.rustc.release());

    // Nothing of this machine is in the crates: neither the toolchain nor the cache.
    let library = first.path.join("lib/rustlib/some-board/lib");
    let crates = files(&library);
    assert!(crates.len() >= 2);
    for file in &crates {
        let bytes = std::fs::read(file).unwrap();
        for path in [toolchain.rustc.sysroot(), temporary.path()] {
            let text = path.to_str().unwrap();
            assert!(!contains(&bytes, text), "`{text}` in {}", file.display());
        }
    }

    use_it(
        &toolchain,
        &first.path,
        first.spec.as_deref().unwrap(),
        temporary.path(),
    );
}

/// Compiles a crate against the sysroot, with the spec file that came with it.
fn use_it(toolchain: &Toolchain, sysroot: &Path, spec: &Path, directory: &Path) {
    let source = directory.join("user.rs");
    std::fs::write(
        &source,
        "#![no_std]\n#[unsafe(no_mangle)]\npub extern \"C\" fn f(x: f32) -> u32 { (x * 2.5) as u32 }\n",
    )
    .unwrap();
    let output = Command::new(toolchain.rustc.program())
        .args([
            "-Zunstable-options",
            "--crate-type=rlib",
            "--edition=2024",
            "--emit=obj",
        ])
        .arg("--out-dir")
        .arg(directory)
        .arg("--sysroot")
        .arg(sysroot)
        .arg("--target")
        .arg(spec)
        .arg(&source)
        .env("RUSTC_BOOTSTRAP", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(directory.join("user.o").is_file());
}
