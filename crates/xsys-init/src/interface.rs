//! Network interfaces: the kernel's view of them, changes to it, and what was learnt about each: its name servers, its
//! time servers, and a line for the status page.

use crate::log::say;
use crate::sys::{self, AF_NETLINK};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Error, Read, Write};
use std::net::IpAddr;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::netlink::{self, Answer};

/// An interface's name servers and time servers, and its line for the status page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub dns: Vec<IpAddr>,
    pub domain: String,
    /// Time servers that DHCP named.
    pub ntp: Vec<IpAddr>,
    pub status: String,
}

static KNOWN: Mutex<BTreeMap<String, Known>> = Mutex::new(BTreeMap::new());

pub(crate) fn interfaces() -> Vec<String> {
    let entries = fs::read_dir("/sys/class/net")
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

pub(crate) fn index(name: &str) -> io::Result<u32> {
    let text = fs::read_to_string(format!("/sys/class/net/{name}/ifindex"))?;
    text.trim()
        .parse()
        .map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Waits until an interface exists, and switches it on. Logs once if that takes long.
pub(crate) fn wait_for(name: &str) -> u32 {
    let begun = Instant::now();
    let mut told = false;
    loop {
        match index(name).and_then(|index| request(&netlink::link_up(index)).map(|()| index)) {
            Ok(index) => return index,
            Err(error) if !told && begun.elapsed() > Duration::from_secs(5) => {
                told = true;
                let mut others = interfaces();
                others.sort();
                let status = if error.kind() == io::ErrorKind::NotFound {
                    say!(
                        "there is no interface {name}; there are: {}",
                        others.join(", ")
                    );
                    "there is no such interface".to_string()
                } else {
                    say!("cannot switch on {name}: {error}");
                    format!("cannot be switched on: {error}")
                };
                set(name, |known| known.status = status);
            }
            Err(_) => {}
        }
        thread::sleep(Duration::from_millis(if told { 1000 } else { 20 }));
    }
}

/// Whether a cable is plugged in at both ends.
pub(crate) fn has_carrier(name: &str) -> bool {
    fs::read_to_string(format!("/sys/class/net/{name}/carrier"))
        .is_ok_and(|text| text.trim() == "1")
}

/// Sends the kernel a message and waits for its answer.
pub(crate) fn request(message: &[u8]) -> io::Result<()> {
    match talk(message)?.first() {
        Some(Answer::Result(0)) => Ok(()),
        Some(Answer::Result(error)) => Err(Error::from_raw_os_error(*error)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn talk(message: &[u8]) -> io::Result<Vec<Answer>> {
    let route_protocol = 0;
    let mut socket: File = sys::raw_socket(AF_NETLINK, route_protocol)?;
    socket.write_all(message)?;
    let mut buffer = vec![0; 32 << 10];
    let mut answers = Vec::new();
    while !matches!(answers.last(), Some(Answer::Result(_) | Answer::Done)) {
        if !sys::readable(&socket, 2000)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let length = socket.read(&mut buffer)?;
        answers.extend(netlink::answers(&buffer[..length]));
    }
    Ok(answers)
}

/// All addresses at which people can reach the machine, with their interfaces.
pub(crate) fn addresses() -> Vec<(String, IpAddr, u8)> {
    let names: BTreeMap<u32, String> = interfaces()
        .into_iter()
        .filter_map(|name| Some((index(&name).ok()?, name)))
        .collect();
    let answers = talk(&netlink::get_addresses()).unwrap_or_default();
    let named = answers.into_iter().filter_map(|answer| match answer {
        Answer::Address {
            index,
            address,
            prefix,
        } if !address.is_loopback() => Some((names.get(&index)?.clone(), address, prefix)),
        _ => None,
    });
    named.collect()
}

/// Changes what is known of an interface, and then the file that names servers.
pub(crate) fn set(name: &str, change: impl FnOnce(&mut Known)) {
    let Ok(mut all) = KNOWN.lock() else { return };
    let known = all.entry(name.into()).or_default();
    let before = (known.dns.clone(), known.domain.clone());
    change(known);
    if before != (known.dns.clone(), known.domain.clone())
        && let Err(error) = write_resolv_conf(&all)
    {
        say!("cannot write /run/resolv.conf: {error}");
    }
}

pub(crate) fn known() -> BTreeMap<String, Known> {
    KNOWN.lock().map(|known| known.clone()).unwrap_or_default()
}

/// Replaced as a whole: a program that reads it sees either the old or the new servers.
fn write_resolv_conf(all: &BTreeMap<String, Known>) -> io::Result<()> {
    let mut text = String::new();
    let domains: Vec<&str> = all
        .values()
        .map(|known| known.domain.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    if !domains.is_empty() {
        text += &format!("search {}\n", domains.join(" "));
    }
    // C libraries read three at most.
    for server in all.values().flat_map(|known| &known.dns).take(3) {
        text += &format!("nameserver {server}\n");
    }
    fs::write("/run/resolv.conf.new", text)?;
    fs::rename("/run/resolv.conf.new", "/run/resolv.conf")
}
