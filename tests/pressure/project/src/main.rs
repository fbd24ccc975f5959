//! The services of an appliance under pressure: `steady` answers, `checked` answers until it hangs, and `victim` does
//! what the kernel's command line says (`pressure=crash` and so on).

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, process, thread};

fn main() {
    let line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let mode = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix("pressure="))
        .unwrap_or_default();
    match (env::args().nth(1).as_deref(), mode) {
        (Some("steady"), _) => serve(80, false),
        (Some("checked"), _) => serve(81, mode == "hang"),
        (_, "crash") => process::exit(3),
        (_, "memory") => eat_memory(),
        (_, "full") => fill(),
        (_, "write") => write_records(),
        (_, "clock") => println!("the clock says {}", seconds()),
        _ => {}
    }
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

/// Seconds since the kernel's start.
fn uptime() -> String {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// A page; who hangs takes connections and never answers.
fn serve(port: u16, hangs: bool) {
    let listener = TcpListener::bind(("0.0.0.0", port)).expect("the port is free");
    let mut held = Vec::new();
    let mut first = true;
    for stream in listener.incoming().flatten() {
        if hangs {
            held.push(stream);
        } else if answer(stream).is_ok() && first {
            first = false;
            println!("first answer at {}", uptime());
        }
    }
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut lines = BufReader::new((&stream).take(4096)).lines();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let body = format!("steady {}\n", uptime());
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn eat_memory() {
    println!("eats memory");
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut piece = vec![0u8; 1 << 20];
        piece.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        eaten.push(piece);
    }
}

/// Fills the data partition; the next boot finds it full, and makes room.
fn fill() {
    if let Ok(data) = fs::metadata("filler") {
        println!("found {} bytes of filler", data.len());
        fs::remove_file("filler").expect("a file can be removed from a full disk");
        fs::write("after", "room").expect("then there is room");
        println!("there is room again");
        return;
    }
    let mut file = File::create("filler").expect("a file can be made");
    let piece = vec![0x5a; 1 << 20];
    for length in [1 << 20, 4096, 512, 1] {
        while file.write_all(&piece[..length]).is_ok() {}
    }
    let _ = file.sync_all();
    let size = file.metadata().map_or(0, |data| data.len());
    println!("the disk is full after {size} bytes");
}

const RECORD: usize = 128;

/// Record after record, each on the disk before it is told. After a cut all that were told have to be there, in a file
/// that grows and in one that is replaced as a whole.
fn write_records() {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open("records")
        .expect("a file can be made");
    let mut all = Vec::new();
    let _ = file.read_to_end(&mut all);
    let whole = all.chunks(RECORD).enumerate();
    let good = whole
        .take_while(|(number, bytes)| *bytes == record(*number as u64))
        .count() as u64;
    let replaced: u64 = fs::read_to_string("replaced")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    println!("found {good} records, {replaced} in the replaced file");
    let mut number = good;
    loop {
        let written = file
            .seek(SeekFrom::Start(number * RECORD as u64))
            .and_then(|_| file.write_all(&record(number)))
            .and_then(|()| file.sync_data())
            .and_then(|()| replace(number + 1));
        if let Err(error) = written {
            println!("cannot write: {error}");
            thread::sleep(Duration::from_secs(1));
            continue;
        }
        number += 1;
        println!("told {number}");
    }
}

fn record(number: u64) -> Vec<u8> {
    let mut bytes = vec![(number % 251) as u8; RECORD];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn replace(number: u64) -> io::Result<()> {
    let mut new = File::create("new")?;
    writeln!(new, "{number}")?;
    new.sync_all()?;
    fs::rename("new", "replaced")?;
    File::open(".")?.sync_all()
}
