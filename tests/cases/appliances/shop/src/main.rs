use std::io::{Read, Write};
use std::net::TcpListener;
fn main() {
    let listener = TcpListener::bind("0.0.0.0:80").expect("port 80 is free");
    println!("shop is open");
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { continue };
        let mut buffer = [0; 1024];
        let _ = stream.read(&mut buffer);
        let count: u32 = std::fs::read_to_string("/data/count").ok().and_then(|t| t.trim().parse().ok()).unwrap_or(0) + 1;
        let stored = std::fs::write("/data/count", count.to_string()).and_then(|()| std::fs::File::open("/data/count")?.sync_all());
        let body = format!("visit {count} {stored:?}\n");
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    }
}
