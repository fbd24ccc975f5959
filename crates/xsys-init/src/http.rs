//! The part of HTTP/1.1 that a health check sends and a status page answers.
//!
//! No name is resolved and no redirect is followed: a check asks a service of this machine, by address. An answer is
//! limited in bytes and in time.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// `http://address[:port]/path`, taken apart.
#[derive(Debug, PartialEq)]
pub struct Url {
    pub address: SocketAddr,
    pub host: String,
    pub path: String,
}

impl Url {
    /// # Errors
    /// What is wrong with the address.
    pub fn parse(url: &str) -> Result<Url, String> {
        let rest = url
            .strip_prefix("http://")
            .ok_or_else(|| format!("`{url}` does not begin with `http://`"))?;
        let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let named = host.replace("localhost", "127.0.0.1");
        let address = named.parse().or_else(|_| format!("{named}:80").parse());
        let address =
            address.map_err(|_| format!("`{host}` of `{url}` is no address like 127.0.0.1:80"))?;
        Ok(Url {
            address,
            host: host.into(),
            path: path.into(),
        })
    }
}

/// Sends a request; returns the answer's status, for example 200.
///
/// # Errors
/// If there is no connection or no valid answer in time.
pub fn status(url: &Url, timeout: Duration) -> io::Result<u16> {
    let deadline = Instant::now() + timeout;
    let mut stream = TcpStream::connect_timeout(&url.address, timeout)?;
    stream.set_write_timeout(Some(timeout))?;
    // In one piece: small servers read only once.
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        url.path, url.host
    );
    stream.write_all(request.as_bytes())?;
    let head = read_head(&mut stream, deadline, 512)?;
    let code = head
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5))
        .and_then(|code| code.parse().ok());
    code.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP"))
}

/// The path that a client asks for, of a GET or HEAD request.
pub fn requested_path(head: &str) -> Option<&str> {
    let mut words = head.lines().next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let http = words.next()?.starts_with("HTTP/1.");
    let path = target.split('?').next()?;
    (http && matches!(method, "GET" | "HEAD") && path.starts_with('/')).then_some(path)
}

/// Reads at least the first line, and the rest up to an empty line, `limit` bytes or the deadline.
///
/// # Errors
/// If reading fails or takes too long.
pub fn read_head(stream: &mut TcpStream, deadline: Instant, limit: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut part = [0u8; 512];
    while bytes.len() < limit && !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => bytes.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn urls() {
        let url = Url::parse("http://127.0.0.1:8080/healthz?a=b").unwrap();
        assert_eq!(
            (url.address.port(), url.path.as_str()),
            (8080, "/healthz?a=b")
        );
        assert_eq!(
            Url::parse("http://localhost").unwrap().address,
            "127.0.0.1:80".parse().unwrap()
        );
        assert_eq!(
            Url::parse("http://[::1]:9/").unwrap().address,
            "[::1]:9".parse().unwrap()
        );
        for bad in [
            "https://127.0.0.1/",
            "http://example.org/",
            "127.0.0.1",
            "http://",
        ] {
            assert!(Url::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn requests() {
        assert_eq!(requested_path("GET /log?x HTTP/1.1\r\n"), Some("/log"));
        for bad in [
            "POST / HTTP/1.1",
            "GET",
            "GET /",
            "",
            "GET http://a/ HTTP/1.1",
        ] {
            assert_eq!(requested_path(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_server_that_says_nothing_is_left() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/", server.local_addr().unwrap())).unwrap();
        let error = status(&url, Duration::from_millis(100)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn an_answer() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/", server.local_addr().unwrap())).unwrap();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let head =
                read_head(&mut stream, Instant::now() + Duration::from_secs(5), 4096).unwrap();
            assert_eq!(requested_path(&head), Some("/"));
            stream.write_all(b"HTTP/1.1 503 Busy\r\n\r\n").unwrap();
        });
        assert_eq!(status(&url, Duration::from_secs(5)).unwrap(), 503);
        thread.join().unwrap();
    }
}
