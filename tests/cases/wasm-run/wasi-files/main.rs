use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().collect();
    println!("args {:?}", &args[1..]);
    let mut vars: Vec<_> = std::env::vars().collect();
    vars.sort();
    println!("vars {vars:?}");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    println!("line {line:?}");
    let mut rest = String::new();
    std::io::stdin().read_to_string(&mut rest).unwrap();
    println!("rest {rest:?}");
    let begin = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    assert!(begin.elapsed() >= Duration::from_millis(20));
    assert!(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() > 1_700_000_000);
    let map: std::collections::HashMap<_, _> = [(1, 2)].into();
    assert_eq!(map[&1], 2);

    let dir = Path::new("/data");
    fs::create_dir(dir.join("sub")).unwrap();
    println!("again {:?}", fs::create_dir(dir.join("sub")).unwrap_err().kind());
    fs::write(dir.join("sub/a.txt"), "hello").unwrap();
    let mut file = fs::OpenOptions::new().read(true).write(true).open(dir.join("sub/a.txt")).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(b" world").unwrap();
    file.seek(SeekFrom::Start(6)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    println!("text {text:?} position {}", file.stream_position().unwrap());
    file.set_len(3).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    file.set_times(fs::FileTimes::new().set_modified(time)).unwrap();
    file.sync_all().unwrap();
    drop(file);
    let metadata = fs::metadata(dir.join("sub/a.txt")).unwrap();
    println!("len {} file {} time {}", metadata.len(), metadata.is_file(), metadata.modified().unwrap() == time);
    let mut log = fs::OpenOptions::new().append(true).create(true).open(dir.join("log")).unwrap();
    log.write_all(b"1").unwrap();
    log.seek(SeekFrom::Start(0)).unwrap();
    log.write_all(b"2").unwrap();
    println!("log {:?}", fs::read_to_string(dir.join("log")).unwrap());
    println!("new {:?}", fs::File::create_new(dir.join("log")).unwrap_err().kind());
    for n in 0..300 { fs::write(dir.join(format!("sub/file-with-a-long-name-{n:03}")), "").unwrap(); }
    let mut names: Vec<String> = fs::read_dir(dir.join("sub")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    println!("names {} {} {}", names.len(), names[0], names[300]);
    fs::rename(dir.join("sub/a.txt"), dir.join("b.txt")).unwrap();
    fs::hard_link(dir.join("b.txt"), dir.join("c.txt")).unwrap();
    println!("c {:?}", fs::read_to_string(dir.join("c.txt")).unwrap());
    #[allow(deprecated)]
    match fs::soft_link("b.txt", dir.join("link")) { Ok(()) => println!("link {:?} {:?}", fs::read_to_string(dir.join("link")).unwrap(), fs::read_link(dir.join("link")).unwrap()), Err(e) => println!("link {e}") }
    println!("symlink {}", fs::symlink_metadata(dir.join("link")).map(|m| m.file_type().is_symlink()).unwrap_or(false));
    println!("rmdir {:?}", fs::remove_dir(dir.join("sub")).unwrap_err().kind());
    fs::remove_dir_all(dir.join("sub")).unwrap();
    fs::remove_file(dir.join("b.txt")).unwrap();
    println!("gone {:?}", fs::read("/data/b.txt").unwrap_err().kind());
    // The sandbox.
    for path in ["/data/../secret", "/etc/passwd", "/data/out/secret", "/data/absolute", "/data/sub/../../secret", "secret"] {
        println!("escape {path}: {:?}", fs::read(path).map_err(|e| e.kind()));
    }
    println!("escape write: {:?}", fs::write("/data/../evil", "x").map_err(|e| e.kind()));
    println!("escape rename: {:?}", fs::rename("/data/c.txt", "/data/../evil").map_err(|e| e.kind()));
    println!("dir as file {:?}", fs::File::open("/data").map(|f| f.metadata().unwrap().is_dir()));
    println!("other {:?}", fs::read_to_string("/other/x"));
    eprintln!("to stderr");
    std::process::ExitCode::from(7)
}
