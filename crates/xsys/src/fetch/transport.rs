//! Opens an address as a stream: HTTP by the crate `ureq` without TLS, HTTPS by `curl` or `wget`.
//!
//! These use the system's certificates and proxies. Digests are compared by the caller, whichever way is used.

use std::io::{self, Cursor, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::Error;
use crate::children;

/// A server that sends nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const MOST_REDIRECTS: usize = 5;

/// What comes.
pub(super) struct Answer {
    pub body: Box<dyn Read>,
    /// Whether it continues at the requested byte; otherwise it begins at the start.
    pub resumed: bool,
}

/// Requests a file from byte `from` on.
pub(super) fn get(url: &str, from: u64) -> Result<Answer, Error> {
    let mut url = url.to_owned();
    for _ in 0..MOST_REDIRECTS {
        if url.starts_with("https://") {
            return https(&url, from);
        }
        match http(&url, from)? {
            Ok(answer) => return Ok(answer),
            Err(next) => url = next,
        }
    }
    Err(Error::Redirects(url))
}

/// The answer, or a redirection.
fn http(url: &str, from: u64) -> Result<Result<Answer, String>, Error> {
    if !url.starts_with("http://") {
        return Err(Error::Address(url.to_owned()));
    }
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .accept_encoding("identity")
        .user_agent(concat!("xsys/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut request = agent.get(url);
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    let response = request.call().map_err(|error| match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Error::Address(url.to_owned()),
        error => unreachable(url, &error.to_string()),
    })?;
    let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let status = response.status().as_u16();
    match status {
        200 | 206 => {
            let range = header("content-range");
            let starts = |range: &str| range.starts_with(&format!("bytes {from}-"));
            let resumed = status == 206 && range.as_deref().is_some_and(starts);
            if status == 206 && !resumed {
                return Err(unreachable(
                    url,
                    "it answers with another piece than was asked for",
                ));
            }
            let body = Box::new(response.into_body().into_reader());
            Ok(Ok(Answer { body, resumed }))
        }
        // There is nothing from that byte on: the partial file is not of this file.
        416 if from > 0 => http(url, 0),
        301 | 302 | 303 | 307 | 308 => match header("location") {
            Some(to) => Ok(Err(joined(url, &to))),
            None => Err(Error::Redirects(url.to_owned())),
        },
        status => Err(Error::Status {
            url: url.to_owned(),
            status,
        }),
    }
}

/// The address that a redirection leads to.
fn joined(url: &str, to: &str) -> String {
    if to.contains("://") {
        return to.to_owned();
    }
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    match to.starts_with('/') {
        true => format!("{}{to}", &url[..path]),
        false => {
            let directory = url.rfind('/').filter(|at| *at >= path);
            format!("{}/{to}", &url[..directory.unwrap_or(url.len())])
        }
    }
}

fn unreachable(url: &str, cause: &str) -> Error {
    Error::Unreachable {
        url: url.to_owned(),
        cause: cause.to_owned(),
    }
}

/// By the first of the programs that is installed.
fn https(url: &str, from: u64) -> Result<Answer, Error> {
    let seconds = PATIENCE.as_secs().to_string();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--location"])
        .args(["--proto", "=https", "--connect-timeout", &seconds])
        .args(["--speed-limit", "1", "--speed-time", &seconds]);
    if from > 0 {
        curl.args(["--continue-at", &from.to_string()]);
    }
    curl.args(["--output", "-", "--", url]);
    let mut wget = Command::new("wget");
    wget.args(["--no-verbose", "--tries=1", "--output-document=-"])
        .args([&format!("--timeout={seconds}"), "--", url]);
    for (mut program, resumed) in [(curl, from > 0), (wget, false)] {
        program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match children::spawn(&mut program) {
            Ok(child) => return started(url, from, child, resumed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreachable(url, &error.to_string())),
        }
    }
    Err(Error::NoHttps)
}

fn started(url: &str, from: u64, mut child: Child, resumed: bool) -> Result<Answer, Error> {
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(unreachable(url, "nothing is heard of the program"));
    };
    let mut program = Program { child, out, err };
    // The first bytes show whether the server has answered.
    let mut first = vec![0; 64 << 10];
    let read = program.out.read(&mut first);
    let count = read.map_err(|error| unreachable(url, &error.to_string()))?;
    first.truncate(count);
    if count == 0
        && let Some(said) = program.failed()
    {
        // curl's messages for a server that cannot continue, or has nothing from that byte on.
        if from > 0 && (said.contains("(33)") || said.contains("416")) {
            return https(url, 0);
        }
        let status = said
            .split(|letter: char| !letter.is_ascii_digit())
            .filter(|word| word.len() == 3)
            .find_map(|word| word.parse().ok().filter(|status| *status >= 400));
        return Err(match status {
            Some(status) => Error::Status {
                url: url.to_owned(),
                status,
            },
            None => unreachable(url, &said),
        });
    }
    Ok(Answer {
        body: Box::new(Cursor::new(first).chain(program)),
        resumed,
    })
}

/// A program that writes a file to its standard output.
struct Program {
    child: Child,
    out: ChildStdout,
    err: ChildStderr,
}

impl Program {
    /// Waits for its end; returns its message if it failed.
    fn failed(&mut self) -> Option<String> {
        let mut said = Vec::new();
        let _ = self.err.by_ref().take(4096).read_to_end(&mut said);
        let status = children::wait(&mut self.child);
        if status.is_ok_and(|status| status.success()) {
            return None;
        }
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        Some(
            last.unwrap_or("the program that fetches it has failed")
                .trim()
                .to_owned(),
        )
    }
}

impl Read for Program {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.out.read(buffer)?;
        if count == 0
            && !buffer.is_empty()
            && let Some(said) = self.failed()
        {
            return Err(io::Error::other(said));
        }
        Ok(count)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_others() {
        for (url, to, expected) in [
            ("http://a/b/c", "https://d/e", "https://d/e"),
            ("http://a/b/c", "/d", "http://a/d"),
            ("http://a/b/c", "d", "http://a/b/d"),
            ("http://a", "d", "http://a/d"),
            ("http://a", "/d", "http://a/d"),
        ] {
            assert_eq!(joined(url, to), expected);
        }
    }
}
