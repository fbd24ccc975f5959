//! Gives interfaces their addresses, each in a thread of its own, so that the boot never waits for a cable.
//!
//! Loopback is up before services start. Interfaces may appear late (USB) or not at all; IPv6 addresses from router
//! advertisements are handled by the kernel, once the link is up.

use crate::dhcp_client;
use crate::interface::{self, index, interfaces, request, wait_for};
use crate::log::say;
use std::fs;
use std::io::{self, Error};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::config::{Interface, Method};
use xsys_init::netlink;

/// Starts everything. Without entries the first Ethernet interface asks for an address.
pub(crate) fn start(interfaces: Vec<Interface>, hostname: &str) {
    if let Err(error) = index("lo").and_then(|index| request(&netlink::link_up(index))) {
        say!("cannot switch on the loopback interface: {error}");
    }
    // All programs here belong to the owner, so any of them may use port 80 without being root.
    let _ = fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    if interfaces.is_empty() {
        let hostname = hostname.to_string();
        in_background("network", move || {
            let name = first_ethernet();
            say!("no network is configured: {name} asks for an address");
            dhcp_client::keep(&name, &hostname)
        });
    }
    for Interface { name, method } in interfaces {
        let hostname = hostname.to_string();
        in_background(&name.clone(), move || match method {
            Method::Dhcp => dhcp_client::keep(&name, &hostname),
            Method::Static {
                addresses,
                gateways,
                dns,
            } => keep_static(&name, &addresses, &gateways, &dns),
        });
    }
}

fn in_background(name: &str, run: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.into()).spawn(run) {
        say!("{name}: no thread for it: {error}");
    }
}

/// Waits for an Ethernet interface that is hardware.
fn first_ethernet() -> String {
    let begun = Instant::now();
    let mut told = false;
    loop {
        let mut names: Vec<String> = interfaces()
            .into_iter()
            .filter(|name| is_ethernet(name))
            .collect();
        names.sort();
        if let Some(name) = names.into_iter().next() {
            return name;
        }
        if !told && begun.elapsed() > Duration::from_secs(5) {
            told = true;
            say!("there is no Ethernet interface yet");
        }
        // Soon after the start a quick answer matters; later it does not.
        thread::sleep(Duration::from_millis(if told { 1000 } else { 20 }));
    }
}

fn is_ethernet(name: &str) -> bool {
    let directory = Path::new("/sys/class/net").join(name);
    let ethernet = fs::read_to_string(directory.join("type")).is_ok_and(|kind| kind.trim() == "1");
    ethernet && directory.join("device").exists() && !directory.join("phy80211").exists()
}

/// Sets addresses, and sets them again if the interface went away and came back.
fn keep_static(name: &str, addresses: &[String], gateways: &[String], dns: &[String]) {
    loop {
        let index = wait_for(name);
        for text in addresses {
            let done = netlink::parse_address(text)
                .ok_or_else(|| Error::other("not an address like 192.168.1.5/24"));
            if let Err(error) = done.and_then(|(address, prefix)| {
                request(&netlink::add_address(index, address, prefix))
            }) {
                say!("{name}: cannot set the address {text}: {error}");
            }
        }
        for text in gateways {
            let done = text.parse().map_err(|_| Error::other("not an address"));
            if let Err(error) = done.and_then(|gateway| default_route(index, gateway)) {
                say!("{name}: cannot set the gateway {text}: {error}");
            }
        }
        interface::set(name, |known| {
            known.dns = dns.iter().filter_map(|text| text.parse().ok()).collect();
            known.status = "static addresses".into();
        });
        say!("{name}: {}", addresses.join(", "));
        while interface::index(name).is_ok_and(|now| now == index) {
            thread::sleep(Duration::from_secs(2));
        }
        say!("{name} is gone");
    }
}

fn default_route(index: u32, gateway: IpAddr) -> io::Result<()> {
    let everything = match gateway {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    // The interface that appeared first is preferred.
    request(&netlink::add_route(
        index,
        (everything, 0),
        Some(gateway),
        100 + index,
    ))
}
