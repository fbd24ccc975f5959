//! Asks the appliance itself, from outside: `xsys test --appliance` boots it in QEMU and runs these tests on this
//! machine, with its address in the environment. Without the variable, as in `cargo test`, there is nobody to ask.

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What the appliance answers; none without an appliance.
fn get(path: &str) -> Option<String> {
    let address = env::var("XSYS_APPLIANCE").ok()?;
    let mut stream = TcpStream::connect(&address).expect("the appliance is there");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    Some(answer)
}

#[test]
fn visits_are_counted() {
    let Some(first) = get("/") else { return };
    let second = get("/").unwrap();
    // Each test of the appliance begins with an empty data partition.
    assert!(first.ends_with("visit 1\n"), "{first}");
    assert!(second.ends_with("visit 2\n"), "{second}");
}

#[test]
fn it_is_well() {
    let Some(answer) = get("/healthz") else {
        return;
    };
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
