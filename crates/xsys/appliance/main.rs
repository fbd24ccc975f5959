//! A web server that counts its visitors. In the appliance the count is in the data partition, and survives both
//! updates and power cuts. To try it on this machine: `LISTEN=127.0.0.1:8080 DATA=/tmp cargo run`

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

fn main() {
    // appliance.toml can set both, below `environment`.
    let address = env::var("LISTEN").unwrap_or_else(|_| "0.0.0.0:80".into());
    let data = PathBuf::from(env::var("DATA").unwrap_or_else(|_| "/data".into()));

    let listener = match TcpListener::bind(&address) {
        Ok(listener) => listener,
        Err(error) => {
            // It is started again soon; what it writes is in the appliance's log.
            eprintln!("cannot listen on {address}: {error}");
            std::process::exit(1);
        }
    };
    println!("listening on {address}");

    // One visitor is counted at a time.
    let counter = Arc::new(Mutex::new(Counter::new(&data)));
    for stream in listener.incoming().flatten() {
        let counter = Arc::clone(&counter);
        thread::spawn(move || {
            // Who says nothing is not waited for.
            if let Err(error) = serve(stream, &counter) {
                eprintln!("a visitor went away: {error}");
            }
        });
    }
}

/// Reads one request and answers it.
fn serve(mut stream: TcpStream, counter: &Mutex<Counter>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new((&stream).take(16 << 10)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // Headers end with an empty line.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }

    let (status, body) = answer(&request, counter);
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn answer(request: &str, counter: &Mutex<Counter>) -> (&'static str, String) {
    match request.split(' ').nth(1) {
        Some("/") => {
            let mut counter = counter.lock().unwrap_or_else(|error| error.into_inner());
            match counter.count() {
                Ok(count) => ("200 OK", format!("visit {count}\n")),
                Err(error) => ("500 Internal Server Error", format!("{error}\n")),
            }
        }
        // The appliance asks for this (see `health` in appliance.toml).
        Some("/healthz") => ("200 OK", "well\n".into()),
        _ => ("404 Not Found", "there is no such page\n".into()),
    }
}

/// A number in a file.
struct Counter {
    path: PathBuf,
}

impl Counter {
    fn new(directory: &Path) -> Counter {
        Counter {
            path: directory.join("count"),
        }
    }

    /// Adds one. The new file takes the old one's place when it is on the disk, so that a power cut leaves one or
    /// the other.
    fn count(&mut self) -> io::Result<u64> {
        let count = match fs::read_to_string(&self.path) {
            Ok(text) => text.trim().parse().unwrap_or(0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        } + 1;
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        writeln!(file, "{count}")?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        if let Some(directory) = self.path.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_counted_and_kept() {
        let directory = env::temp_dir().join(format!("visits-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let first = Mutex::new(Counter::new(&directory));
        assert_eq!(answer("GET / HTTP/1.1", &first).1, "visit 1\n");
        assert_eq!(answer("GET /healthz HTTP/1.1", &first).0, "200 OK");
        assert_eq!(answer("GET /x HTTP/1.1", &first).0, "404 Not Found");
        // After a restart.
        let second = Mutex::new(Counter::new(&directory));
        assert_eq!(answer("GET / HTTP/1.1", &second).1, "visit 2\n");
        fs::remove_dir_all(&directory).unwrap();
    }
}
