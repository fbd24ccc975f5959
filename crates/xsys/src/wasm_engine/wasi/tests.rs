//! Single calls of WASI, with a memory but no program. Whole programs are run by the tests of
//! `tests/cases/wasm-run`.

use std::path::Path;

use super::*;

/// A state with one directory, `/d`, which is a fresh one.
fn state() -> (State, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        directories: vec![Directory {
            host: directory.path().to_owned(),
            guest: "/d".to_owned(),
        }],
        environment: vec!["A=b".to_owned()],
        backtrace: false,
    };
    let state = State::new("p", &["x".to_owned()], &options).unwrap();
    (state, directory)
}

const DIRECTORY: u32 = 3;
const PATH: u32 = 1000;
const OUT: u32 = 8;

/// A memory with a path in it.
fn memory(path: &str) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    bytes[PATH as usize..PATH as usize + path.len()].copy_from_slice(path.as_bytes());
    bytes
}

fn word(bytes: &[u8], at: u32) -> u32 {
    let at = at as usize;
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Opens a path with the rights to read, or to write as well.
fn open(state: &mut State, path: &str, flags: u32, write: bool) -> Done<u32> {
    let mut bytes = memory(path);
    let rights = layout::rights::FD_READ | if write { layout::rights::FD_WRITE } else { 0 };
    let len = path.len() as u32;
    let mut guest = Guest::over(&mut bytes);
    paths::open(
        state,
        &mut guest,
        DIRECTORY,
        layout::FOLLOW,
        PATH,
        len,
        flags,
        rights,
        layout::rights::ALL,
        0,
        OUT,
    )?;
    Ok(word(&bytes, OUT))
}

#[test]
fn arguments_and_environment_are_c_strings() {
    let (mut state, _directory) = state();
    let mut bytes = memory("");
    args_sizes_get(&mut state, &mut Guest::over(&mut bytes), 0, 4).unwrap();
    assert_eq!((word(&bytes, 0), word(&bytes, 4)), (2, 4));
    args_get(&mut state, &mut Guest::over(&mut bytes), 16, 100).unwrap();
    assert_eq!((word(&bytes, 16), word(&bytes, 20)), (100, 102));
    assert_eq!(&bytes[100..104], b"p\0x\0");
    environ_get(&mut state, &mut Guest::over(&mut bytes), 16, 100).unwrap();
    assert_eq!(&bytes[100..104], b"A=b\0");
    let outside = args_get(&mut state, &mut Guest::over(&mut bytes), 4095, 100);
    assert_eq!(outside, Err(Errno::Fault));
}

#[test]
fn nothing_leads_out_of_a_directory() {
    let (mut state, directory) = state();
    std::fs::write(directory.path().join("in"), "1").unwrap();
    std::fs::create_dir(directory.path().join("sub")).unwrap();
    assert!(open(&mut state, "in", 0, false).is_ok());
    assert!(open(&mut state, "sub/../in", 0, false).is_ok());
    let outside = directory.path().parent().unwrap();
    let name = outside.file_name().unwrap_or_default().to_string_lossy();
    for path in [
        "../x".to_owned(),
        "sub/../../x".to_owned(),
        "/etc/passwd".to_owned(),
        format!("../../{name}"),
        format!("{}", directory.path().join("in").display()),
    ] {
        for flags in [0, layout::open_flags::CREATE, layout::open_flags::DIRECTORY] {
            let opened = open(&mut state, &path, flags, false);
            assert_eq!(opened, Err(Errno::Perm), "{path} {flags}");
        }
    }
    #[cfg(unix)]
    for (link, to) in [("up", ".."), ("root", "/"), ("file", "/etc/passwd")] {
        std::os::unix::fs::symlink(to, directory.path().join(link)).unwrap();
        for path in [link.to_owned(), format!("{link}/x")] {
            let opened = open(&mut state, &path, 0, false);
            assert_eq!(opened, Err(Errno::Perm), "{path}");
        }
    }
    assert_eq!(open(&mut state, "", 0, false), Err(Errno::Noent));
    assert_eq!(open(&mut state, "a\0b", 0, false), Err(Errno::Ilseq));
    assert_eq!(open(&mut state, "in/x", 0, false), Err(Errno::Notdir));
}

#[test]
fn files_are_written_and_read_at_places() {
    let (mut state, directory) = state();
    let fd = open(&mut state, "f", layout::open_flags::CREATE, true).unwrap();
    let mut bytes = memory("hello");
    // A list of two pieces of the text.
    for (at, value) in [(0, PATH), (4, 2), (8, PATH + 2), (12, 3)] {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let mut guest = Guest::over(&mut bytes);
    files::write(&mut state, &mut guest, fd, 0, 2, 32).unwrap();
    files::pwrite(&mut state, &mut guest, fd, 0, 1, 4, 32).unwrap();
    files::tell(&mut state, &mut guest, fd, 40).unwrap();
    assert_eq!(word(&bytes, 32), 2);
    assert_eq!(word(&bytes, 40), 5);
    assert_eq!(
        std::fs::read(directory.path().join("f")).unwrap(),
        b"hellhe"
    );
    let mut guest = Guest::over(&mut bytes);
    assert_eq!(
        files::seek(&mut state, &mut guest, fd, -1, 0, 40),
        Err(Errno::Inval)
    );
    assert_eq!(
        files::seek(&mut state, &mut guest, 1, 0, 0, 40),
        Err(Errno::Spipe)
    );
    assert_eq!(
        files::read(&mut state, &mut guest, fd, 4090, 1, 40),
        Err(Errno::Fault)
    );
    files::close(&mut state, &mut guest, fd).unwrap();
    assert_eq!(files::close(&mut state, &mut guest, fd), Err(Errno::Badf));
    // The lowest free number is the next.
    assert_eq!(open(&mut state, "f", 0, false), Ok(fd));
    assert_eq!(
        open(
            &mut state,
            "f",
            layout::open_flags::CREATE | layout::open_flags::EXCLUSIVE,
            true
        ),
        Err(Errno::Exist)
    );
}

#[test]
fn directories_are_listed_in_pieces() {
    let (mut state, directory) = state();
    for name in ["a", "bb", "ccc"] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    let mut names = Vec::new();
    let (mut cookie, len) = (0, 40);
    loop {
        let mut bytes = memory("");
        let mut guest = Guest::over(&mut bytes);
        files::readdir(&mut state, &mut guest, DIRECTORY, 100, len, cookie, OUT).unwrap();
        let used = word(&bytes, OUT);
        let name = word(&bytes, 116);
        if used < 24 + name || used == 0 {
            break;
        }
        cookie = word(&bytes, 100).into();
        names.push(String::from_utf8_lossy(&bytes[124..124 + name as usize]).into_owned());
    }
    names.sort();
    assert_eq!(names, [".", "..", "a", "bb", "ccc"]);
}

#[test]
fn given_directories_have_names() {
    let (mut state, _directory) = state();
    let mut bytes = memory("");
    let mut guest = Guest::over(&mut bytes);
    files::prestat_get(&mut state, &mut guest, DIRECTORY, 0).unwrap();
    files::prestat_dir_name(&mut state, &mut guest, DIRECTORY, 16, 2).unwrap();
    let after = files::prestat_get(&mut state, &mut guest, DIRECTORY + 1, 0);
    assert_eq!(after, Err(Errno::Badf));
    assert_eq!((word(&bytes, 0), word(&bytes, 4)), (0, 2));
    assert_eq!(&bytes[16..18], b"/d");
}

#[test]
fn sleeping_takes_its_time_and_files_are_ready() {
    let (mut state, _directory) = state();
    let mut bytes = memory("");
    // Two subscriptions: 20 ms on the monotonic clock, and one of an hour.
    for (at, nanoseconds) in [(0usize, 20_000_000u64), (48, 3_600_000_000_000)] {
        bytes[at] = at as u8 + 1;
        bytes[at + 16] = 1;
        bytes[at + 24..at + 32].copy_from_slice(&nanoseconds.to_le_bytes());
    }
    let begin = Instant::now();
    poll::oneoff(&mut state, &mut Guest::over(&mut bytes), 0, 200, 2, 300).unwrap();
    assert!(begin.elapsed().as_millis() >= 20);
    assert_eq!((word(&bytes, 300), bytes[200], bytes[210]), (1, 1, 0));
    // Waiting to write to standard output ends at once.
    bytes[48 + 8] = 2;
    bytes[48 + 16] = 1;
    bytes[0] = 9;
    bytes[24..32].copy_from_slice(&3_600_000_000_000u64.to_le_bytes());
    poll::oneoff(&mut state, &mut Guest::over(&mut bytes), 0, 200, 2, 300).unwrap();
    assert_eq!((word(&bytes, 300), bytes[200]), (1, 49));
    let none = poll::oneoff(&mut state, &mut Guest::over(&mut bytes), 0, 200, 0, 300);
    assert_eq!(none, Err(Errno::Inval));
    let many = poll::oneoff(
        &mut state,
        &mut Guest::over(&mut bytes),
        0,
        200,
        u32::MAX,
        300,
    );
    assert_eq!(many, Err(Errno::Fault));
}

#[test]
fn a_directory_that_is_not_there_is_told() {
    let options = Options {
        directories: vec![Directory {
            host: Path::new("/no/such/directory").to_owned(),
            guest: "/x".to_owned(),
        }],
        ..Options::default()
    };
    let problem = State::new("p", &[], &options).unwrap_err();
    assert!(problem.message.contains("cannot open `/no/such/directory`"));
}
