//! `emit = ["web=pkg"]`: what pages load is made once for a module, and only files that differ are written.
//!
//! wasm-bindgen's program takes minutes to install; one that copies the module stands for it here, and
//! `scripts/test-wasm-ecosystem page` has the real one and a browser.

use std::process::Command;
use std::time::SystemTime;

use xsys_tests::project::{Place, Ran, cases, run};

fn build(place: &Place) -> Ran {
    let mut command: Command = place.xsys("build");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path);
    let all = std::iter::once(place.path("fits")).chain(folders);
    command
        .env("PATH", std::env::join_paths(all).unwrap())
        .env("CALLS", place.path("calls"));
    run(&mut command).ends_with(0)
}

fn text(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap_or_default()
}

fn written(place: &Place, name: &str) -> SystemTime {
    let found = std::fs::metadata(place.path(name)).unwrap();
    found.modified().unwrap()
}

#[test]
fn a_folder_for_pages_is_made_again_when_its_module_has_changed() {
    let place = Place::new("build", "pages");
    place.copy(&cases("errors/web-without-the-program"), ".");
    let module = "pkg/page_bg.wasm";
    let report = build(&place);
    report.tells("pkg/page.js").tells(module);
    let linked = "target/wasm32-unknown-unknown/debug/page.wasm";
    let same =
        || std::fs::read(place.path(module)).unwrap() == std::fs::read(place.path(linked)).unwrap();
    assert!(same());
    assert_eq!(
        text(&place, "pkg/page.js"),
        "export default '--target web';\n"
    );
    assert_eq!(text(&place, "calls"), "called\n");

    // Nothing has changed: nobody is called.
    let before = written(&place, module);
    build(&place).tells("pkg/page.js");
    assert_eq!(text(&place, "calls"), "called\n");
    assert_eq!(written(&place, module), before);

    // What somebody has removed or spoilt comes back; what is as it was is not written.
    let script = written(&place, "pkg/page.js");
    std::fs::remove_file(place.path("pkg/snippets/inline0.js")).unwrap();
    place.write(module, "spoilt");
    build(&place);
    assert!(same());
    assert!(place.path("pkg/snippets/inline0.js").exists());
    assert_eq!(text(&place, "calls"), "called\ncalled\n");

    // Another module. What was made of the old one alone goes, what somebody has put there stays.
    place.write("pkg/mine.txt", "mine");
    let source = text(&place, "src/lib.rs");
    place.write("src/lib.rs", &source.replace("number()", "number() + 1"));
    let program = text(&place, "fits/wasm-bindgen");
    place.write(
        "fits/wasm-bindgen",
        &program.replace("snippets/inline0", "snippets/other"),
    );
    build(&place);
    assert!(same());
    assert!(place.path("pkg/snippets/other.js").exists());
    assert!(!place.path("pkg/snippets/inline0.js").exists());
    assert_eq!(text(&place, "pkg/mine.txt"), "mine");
    assert_eq!(written(&place, "pkg/page.js"), script);

    // It is no image, which is one file.
    let mut command = place.xsys(&format!("image {linked} --format web"));
    run(&mut command)
        .ends_with(1)
        .tells("unknown image format `web`");
}
