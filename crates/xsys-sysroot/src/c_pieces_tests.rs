//! What a folder with a C library's pieces ends up with.

use super::*;
use crate::musl::MUSL;

#[test]
fn gaps_are_filled_with_empty_archives() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("musl");
    std::fs::create_dir(&folder).unwrap();
    for name in MUSL.needed {
        assert_eq!(lacking(&MUSL, &folder), Some(*name));
        std::fs::write(folder.join(name), format!("real {name}")).unwrap();
    }
    assert_eq!(lacking(&MUSL, &folder), None);
    let cache = Cache::new(temporary.path().join("cache"));
    let musl = pieces(&MUSL, folder, "here".to_owned(), &cache).unwrap();
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
