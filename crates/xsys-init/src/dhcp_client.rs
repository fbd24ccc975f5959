//! An address from a DHCP server: requested until there is one, and kept for as long as the lease can be extended.
//!
//! RFC 2131: INIT (discover, offer), REQUESTING (request, acknowledged), BOUND, RENEWING (the same server), REBINDING
//! (any server), and INIT again when the lease is lost. Without an address, packets go through a packet socket; later
//! through an ordinary one.

use crate::interface::{self, has_carrier, request, wait_for};
use crate::log::say;
use crate::sys::{self, AF_PACKET};
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Error, Read, Write};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};
use xsys_init::dhcp::{self, Ask, Kind, Lease, Reply};
use xsys_init::netlink;

const IPV4: u16 = 0x0800;

struct Client<'a> {
    name: &'a str,
    hostname: &'a str,
    index: u32,
    mac: [u8; 6],
}

/// Serves an interface forever.
pub(crate) fn keep(name: &str, hostname: &str) {
    let mut last_error = String::new();
    loop {
        let index = wait_for(name);
        let done = mac(name)
            .map(|mac| Client {
                name,
                hostname,
                index,
                mac,
            })
            .and_then(|client| client.one_lease());
        if let Err(error) = done {
            let error = error.to_string();
            if error != last_error {
                say!("{name}: no DHCP: {error}");
            }
            last_error = error;
            thread::sleep(Duration::from_secs(2));
        }
    }
}

fn mac(name: &str) -> io::Result<[u8; 6]> {
    let text = fs::read_to_string(format!("/sys/class/net/{name}/address"))?;
    let bytes: Option<Vec<u8>> = text
        .trim()
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Error::other("its hardware address is not Ethernet's"))
}

fn random() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}

impl Client<'_> {
    /// Gets a lease, and keeps it until it is lost.
    fn one_lease(&self) -> io::Result<()> {
        let lease = self.acquire()?;
        self.apply(&lease)?;
        let why = self.hold(lease.clone());
        say!(
            "{}: the address {} is lost: {why}",
            self.name,
            lease.address
        );
        interface::set(self.name, |known| {
            known.status = format!("lost its address: {why}");
            known.dns.clear();
        });
        // Routes go with the address. If the interface is gone, so are both.
        let _ = request(&netlink::remove_address(
            self.index,
            lease.address.into(),
            lease.prefix,
        ));
        Ok(())
    }

    fn status(&self, text: String) {
        interface::set(self.name, |known| known.status = text);
    }

    fn present(&self) -> io::Result<()> {
        match interface::index(self.name) {
            Ok(index) if index == self.index => Ok(()),
            _ => Err(Error::other("the interface is gone")),
        }
    }

    /// Asks until a server answers: after 1 s, 2 s, 4 s … and at least every minute.
    fn acquire(&self) -> io::Result<Lease> {
        let begun = Instant::now();
        let mut told = false;
        let mut wait = 1000;
        self.status("asks for an address".into());
        loop {
            self.present()?;
            if has_carrier(self.name) {
                if let Some(lease) = self.ask(begun.elapsed(), wait)? {
                    return Ok(lease);
                }
                wait = (wait * 2).min(60_000);
            } else {
                // After a cable was plugged in, the first request should be sent soon.
                wait = 1000;
                thread::sleep(Duration::from_millis(100));
            }
            if !told && begun.elapsed() > Duration::from_secs(10) {
                told = true;
                let what = if has_carrier(self.name) {
                    "no DHCP server answers"
                } else {
                    "no cable is plugged in"
                };
                say!("{}: {what}; still asking", self.name);
                self.status(what.into());
            }
        }
    }

    /// One round: discover, offer, request, acknowledged.
    fn ask(&self, since: Duration, wait_ms: u64) -> io::Result<Option<Lease>> {
        let mut socket = self.listen()?;
        let transaction = random();
        let seconds = since.as_secs().min(u64::from(u16::MAX)) as u16;
        let mut ask = Ask {
            kind: Kind::Discover,
            transaction,
            mac: self.mac,
            seconds,
            own: None,
            chosen: None,
            hostname: self.hostname,
        };
        self.send(&mut socket, &ask)?;
        // Devices that start at the same time should not ask at the same time.
        let wait = Duration::from_millis(wait_ms + u64::from(random() % 500));
        let Some(offer) = self.receive(&mut socket, transaction, &[Kind::Offer], wait)? else {
            return Ok(None);
        };
        ask.kind = Kind::Request;
        ask.chosen = Some((offer.lease.address, offer.lease.server));
        for _ in 0..3 {
            self.send(&mut socket, &ask)?;
            let wait = Duration::from_secs(2);
            match self.receive(&mut socket, transaction, &[Kind::Ack, Kind::Nak], wait)? {
                Some(reply) if reply.kind == Kind::Ack => return Ok(Some(reply.lease)),
                Some(_) => return Ok(None),
                None => {}
            }
        }
        Ok(None)
    }

    /// A socket for all packets of this interface.
    fn listen(&self) -> io::Result<File> {
        let socket = sys::raw_socket(AF_PACKET, i32::from(IPV4.to_be()))?;
        sys::bind_packet(&socket, self.index, IPV4)?;
        Ok(socket)
    }

    fn send(&self, socket: &mut File, ask: &Ask) -> io::Result<()> {
        socket.write_all(&dhcp::frame(&ask.bytes(), self.mac))
    }

    fn receive(
        &self,
        socket: &mut File,
        transaction: u32,
        kinds: &[Kind],
        wait: Duration,
    ) -> io::Result<Option<Reply>> {
        let deadline = Instant::now() + wait;
        let mut frame = [0; 2048];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            if !sys::readable(&*socket, left.as_millis() as u64 + 1)? {
                continue;
            }
            let length = socket.read(&mut frame)?;
            let reply = dhcp::unframe(&frame[..length]).and_then(dhcp::parse);
            if let Some(reply) = reply.filter(|reply| self.is_answer(reply, transaction, kinds)) {
                return Ok(Some(reply));
            }
        }
    }

    fn is_answer(&self, reply: &Reply, transaction: u32, kinds: &[Kind]) -> bool {
        reply.transaction == transaction && reply.mac == self.mac && kinds.contains(&reply.kind)
    }

    fn apply(&self, lease: &Lease) -> io::Result<()> {
        request(&netlink::add_address(
            self.index,
            lease.address.into(),
            lease.prefix,
        ))?;
        for &(network, prefix, gateway) in &lease.routes {
            let to = (IpAddr::V4(network), prefix);
            let gateway = (!gateway.is_unspecified()).then_some(IpAddr::V4(gateway));
            if let Err(error) = request(&netlink::add_route(
                self.index,
                to,
                gateway,
                100 + self.index,
            )) {
                say!(
                    "{}: cannot set the route to {network}/{prefix}: {error}",
                    self.name
                );
            }
        }
        let status = format!(
            "DHCP: {}/{} from {}",
            lease.address, lease.prefix, lease.server
        );
        let mut news = true;
        interface::set(self.name, |known| {
            known.dns = lease.dns.iter().map(|&server| server.into()).collect();
            known.ntp = lease.ntp.iter().map(|&server| server.into()).collect();
            known.domain.clone_from(&lease.domain);
            news = known.status != status;
            known.status.clone_from(&status);
        });
        // Renewing the same lease changes nothing.
        if news {
            say!("{}: {status}, for {} s", self.name, lease.lasts.as_secs());
        }
        Ok(())
    }

    /// Keeps a lease; returns why it was lost.
    fn hold(&self, mut lease: Lease) -> String {
        let mut granted = Instant::now();
        let mut next = lease.renew;
        let mut carrier = true;
        loop {
            thread::sleep(Duration::from_secs(1));
            if let Err(error) = self.present() {
                return error.to_string();
            }
            let had = std::mem::replace(&mut carrier, has_carrier(self.name));
            // A cable that comes back may lead into another network: is the address still ours?
            let replugged = carrier && !had;
            let age = granted.elapsed();
            if age >= lease.lasts {
                return "it ran out, and no server answered".into();
            }
            if !carrier || age < next && !replugged {
                continue;
            }
            let server = (age < lease.rebind && !replugged).then_some(lease.server);
            match self.extend(&lease, server) {
                Ok(Some(Reply {
                    kind: Kind::Ack,
                    lease: new,
                    ..
                })) => {
                    if new.address != lease.address {
                        return format!("the server gives {} instead", new.address);
                    }
                    if let Err(error) = self.apply(&new) {
                        return error.to_string();
                    }
                    (lease, granted, next) = (new.clone(), Instant::now(), new.renew);
                }
                Ok(Some(_)) => return "the server says no".into(),
                // RFC 2131, 4.4.5: after half of the remaining time, but not more often than every minute. Short leases
                // are renewed more often, and any server may be asked at once.
                Ok(None) | Err(_) => {
                    let phase_ends = if age < lease.rebind {
                        lease.rebind
                    } else {
                        lease.lasts
                    };
                    let shortest = Duration::from_secs(60).min(lease.lasts / 10);
                    next =
                        (age + (phase_ends.saturating_sub(age) / 2).max(shortest)).min(phase_ends);
                }
            }
        }
    }

    /// Asks a server, or all of them, to extend the lease.
    fn extend(&self, lease: &Lease, server: Option<Ipv4Addr>) -> io::Result<Option<Reply>> {
        // A server sends its refusal to everybody (RFC 2131, 4.3.2); a socket with an address does not receive that.
        let mut answers = self.listen()?;
        let socket = UdpSocket::bind((lease.address, 68))?;
        sys::bind_to_device(&socket, self.name)?;
        socket.set_broadcast(true)?;
        let transaction = random();
        let ask = Ask {
            kind: Kind::Request,
            transaction,
            mac: self.mac,
            seconds: 0,
            own: Some(lease.address),
            chosen: None,
            hostname: self.hostname,
        };
        socket.send_to(&ask.bytes(), (server.unwrap_or(Ipv4Addr::BROADCAST), 67))?;
        self.receive(
            &mut answers,
            transaction,
            &[Kind::Ack, Kind::Nak],
            Duration::from_secs(5),
        )
    }
}
