//! The time, on machines whose clock may start at 1970 at every boot. It is never set back.
//!
//! At the start it is the latest of the hardware clock, the time when the image was built, and the time that the last
//! boot had reached; so certificates are valid and logs in order even without a network. Then time servers are asked:
//! configured ones, or those that DHCP named. If our clock is ahead of theirs it is not turned back, which programs do
//! not expect: that is logged, and the servers' time is kept for the next boot, which then continues from it.

use crate::interface;
use crate::log::{self, say};
use crate::record;
use crate::sys;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use xsys_init::config::Time;
use xsys_init::ring::utc;
use xsys_init::sntp;

static STATUS: Mutex<String> = Mutex::new(String::new());
/// The longest that an image can be in use: 30 years, in seconds.
const LATEST: u64 = 30 * 365 * 86_400;
/// By how much our clock is ahead of the servers', in seconds.
static AHEAD: Mutex<u64> = Mutex::new(0);

pub(crate) fn status() -> String {
    STATUS
        .lock()
        .map(|status| status.clone())
        .unwrap_or_default()
}

fn set_status(text: String) {
    if let Ok(mut status) = STATUS.lock() {
        *status = text;
    }
}

/// Sets the clock forward to the latest known time; before the data partition is mounted, and again after.
pub(crate) fn not_before(seconds: u64) {
    let now = log::clock();
    if seconds > now {
        match sys::set_clock(u128::from(seconds) * 1_000_000_000) {
            Ok(()) => say!("the clock said {}; it is set to {}", utc(now), utc(seconds)),
            Err(error) => say!("cannot set the clock: {error}"),
        }
    }
}

/// Asks servers from time to time, and keeps the time for the next boot.
pub(crate) fn start(time: &Time) {
    set_status("not compared with a time server".into());
    let servers = time.servers.clone();
    let earliest = time.earliest;
    let keep = || {
        loop {
            stamp();
            thread::sleep(Duration::from_secs(300));
        }
    };
    let ask = move || keep_right(&servers, earliest);
    for thread in [
        thread::Builder::new()
            .name("clock stamp".into())
            .spawn(keep),
        thread::Builder::new().name("time".into()).spawn(ask),
    ] {
        if let Err(error) = thread {
            say!("no thread for the time: {error}");
        }
    }
}

/// Stores the time for the next boot, as far as it is known.
pub(crate) fn stamp() {
    let ahead = AHEAD.lock().map_or(0, |ahead| *ahead);
    record::set_stamp(log::clock().saturating_sub(ahead));
}

fn keep_right(configured: &[String], earliest: u64) {
    let mut wait = Duration::from_secs(1);
    let mut told = false;
    loop {
        match ask_all(&servers(configured)) {
            Some((server, offset)) => {
                told = false;
                wait = Duration::from_secs(1800);
                adjust(&server, offset, earliest);
            }
            None => {
                wait = (wait * 2).min(Duration::from_secs(600));
                if !told && wait > Duration::from_secs(15) && !configured.is_empty() {
                    told = true;
                    say!("no time server answers; they are asked again and again");
                }
            }
        }
        thread::sleep(wait);
    }
}

fn servers(configured: &[String]) -> Vec<String> {
    if !configured.is_empty() {
        return configured.to_vec();
    }
    let known = interface::known();
    known
        .values()
        .flat_map(|known| &known.ntp)
        .map(|server| server.to_string())
        .collect()
}

/// The first plausible answer of a server.
fn ask_all(servers: &[String]) -> Option<(String, i128)> {
    servers.iter().find_map(|server| {
        let addresses = (server.as_str(), 123).to_socket_addrs().ok()?;
        let offset = addresses.take(4).find_map(|address| ask(address).ok())?;
        Some((server.clone(), offset))
    })
}

fn ask(address: SocketAddr) -> io::Result<i128> {
    let any: SocketAddr = if address.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0u16; 8], 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    // From then on only packets of this address are received.
    socket.connect(address)?;
    let mark = RandomState::new().build_hasher().finish().to_be_bytes();
    let (sent, begun) = (now(), Instant::now());
    socket.send(&sntp::question(mark))?;
    socket.set_read_timeout(Some(Duration::from_secs(3)))?;
    let mut packet = [0; 256];
    let length = socket.recv(&mut packet)?;
    let received = sent + begun.elapsed().as_nanos() as i128;
    sntp::offset(&packet[..length], mark, sent, received).map_err(io::Error::other)
}

/// Nanoseconds since 1970.
fn now() -> i128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos() as i128)
}

fn adjust(server: &str, offset: i128, earliest: u64) {
    let second = 1_000_000_000;
    let target = now() + offset;
    let says = u64::try_from(target / second).unwrap_or(0);
    if says < earliest {
        say!(
            "{server} says {}, before this image was built: not believed",
            utc(says)
        );
        return;
    }
    // One wrong answer must not set the clock so far ahead that it never comes back.
    if earliest > 0 && says > earliest + LATEST {
        say!(
            "{server} says {}, decades after this image was built: not believed",
            utc(says)
        );
        return;
    }
    let ahead = if offset < 0 {
        (-offset / second) as u64
    } else {
        0
    };
    if let Ok(mut shared) = AHEAD.lock() {
        *shared = ahead;
    }
    if offset < 0 {
        if ahead > 0 {
            say!(
                "the clock is {ahead} s ahead of {server}; it is not set back, the next boot starts right"
            );
        }
        set_status(format!("{:.3} s ahead of {server}", -offset as f64 / 1e9));
    } else {
        if offset > second / 20 {
            match sys::set_clock(target as u128) {
                Ok(()) if offset > second => say!(
                    "the clock is set forward by {} s, from {server}",
                    offset / second
                ),
                Ok(()) => {}
                Err(error) => say!("cannot set the clock: {error}"),
            }
        }
        set_status(format!("as {server} says"));
    }
    stamp();
}
