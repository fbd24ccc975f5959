//! DHCP's packets (RFC 2131, options of RFC 2132 and 3442): those of a client, and those of a server.
//!
//! Before it has an address a client cannot use UDP, so this also wraps packets in Ethernet, IPv4 and UDP headers and
//! unwraps them. Anybody on the wire can send us packets: every length is checked.

use std::net::Ipv4Addr;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Ack = 5,
    Nak = 6,
}

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    pub kind: Kind,
    pub transaction: u32,
    pub mac: [u8; 6],
    /// Seconds since the client began.
    pub seconds: u16,
    /// Its address, if it has one and wants to keep it.
    pub own: Option<Ipv4Addr>,
    /// The address and server that it chose from an offer.
    pub chosen: Option<(Ipv4Addr, Ipv4Addr)>,
    pub hostname: &'a str,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub kind: Kind,
    pub transaction: u32,
    pub mac: [u8; 6],
    pub lease: Lease,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    pub address: Ipv4Addr,
    pub prefix: u8,
    pub server: Ipv4Addr,
    /// Networks and their gateways; the default route is a network with prefix 0.
    pub routes: Vec<(Ipv4Addr, u8, Ipv4Addr)>,
    pub dns: Vec<Ipv4Addr>,
    pub domain: String,
    /// Time servers of the network.
    pub ntp: Vec<Ipv4Addr>,
    pub lasts: Duration,
    /// When to ask the same server (T1), and when any server (T2).
    pub renew: Duration,
    pub rebind: Duration,
}

const COOKIE: [u8; 4] = [99, 130, 83, 99];
const FIXED: usize = 236;
const BROADCAST: Ipv4Addr = Ipv4Addr::BROADCAST;

impl Ask<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut packet = vec![0; FIXED];
        packet[..4].copy_from_slice(&[1, 1, 6, 0]);
        packet[4..8].copy_from_slice(&self.transaction.to_be_bytes());
        packet[8..10].copy_from_slice(&self.seconds.to_be_bytes());
        if let Some(own) = self.own {
            packet[12..16].copy_from_slice(&own.octets());
        }
        packet[28..34].copy_from_slice(&self.mac);
        packet.extend_from_slice(&COOKIE);
        let mut option = |code: u8, value: &[u8]| {
            packet.extend_from_slice(&[code, value.len() as u8]);
            packet.extend_from_slice(value);
        };
        option(53, &[self.kind as u8]);
        option(61, &[&[1], &self.mac[..]].concat());
        if let Some((address, server)) = self.chosen {
            option(50, &address.octets());
            option(54, &server.octets());
        }
        option(57, &1472u16.to_be_bytes());
        // Mask, routers, DNS, domain, NTP, times, routes without classes.
        option(55, &[1, 3, 6, 15, 42, 51, 54, 58, 59, 121]);
        let name = &self.hostname.as_bytes()[..self.hostname.len().min(63)];
        if !name.is_empty() {
            option(12, name);
        }
        packet.push(255);
        // Some relays drop packets that are shorter than BOOTP's.
        packet.resize(packet.len().max(300), 0);
        packet
    }
}

/// Reads a server's packet; `None` for anything else.
pub fn parse(packet: &[u8]) -> Option<Reply> {
    let fixed = packet.get(..FIXED)?;
    if fixed[..3] != [2, 1, 6] || packet.get(FIXED..FIXED + 4)? != COOKIE {
        return None;
    }
    let mut options = Options::default();
    options.read(&packet[FIXED + 4..]);
    // Option 52: options go on where a file's name (1) and a server's name (2) would be.
    let overload = options
        .get(52)
        .and_then(|value| value.first().copied())
        .unwrap_or(0);
    if overload & 1 != 0 {
        options.read(&fixed[108..236]);
    }
    if overload & 2 != 0 {
        options.read(&fixed[44..108]);
    }
    let kind = match options.get(53)? {
        [2] => Kind::Offer,
        [5] => Kind::Ack,
        [6] => Kind::Nak,
        _ => return None,
    };
    let address = four(&fixed[16..20])?;
    if kind != Kind::Nak
        && (address.is_unspecified() || address.is_broadcast() || address.is_multicast())
    {
        return None;
    }
    let seconds = |code| {
        options
            .get(code)
            .and_then(|value| Some(u32::from_be_bytes(value.try_into().ok()?)))
    };
    // An endless lease, or one of a few seconds, is renewed after reasonable times.
    let lasts = u64::from(seconds(51).unwrap_or(3600)).clamp(60, 10 * 365 * 86_400);
    let renew = seconds(58).map_or(lasts / 2, u64::from).clamp(30, lasts);
    let rebind = seconds(59)
        .map_or(lasts / 8 * 7, u64::from)
        .clamp(renew, lasts);
    let mask = options
        .get(1)
        .and_then(four)
        .map_or(24, |mask| u32::from(mask).leading_ones() as u8);
    let lease = Lease {
        address,
        prefix: mask,
        server: options
            .get(54)
            .and_then(four)
            .unwrap_or(Ipv4Addr::UNSPECIFIED),
        routes: routes(&options),
        dns: fours(options.get(6)),
        domain: domain(options.get(15).unwrap_or_default()),
        ntp: fours(options.get(42)),
        lasts: Duration::from_secs(lasts),
        renew: Duration::from_secs(renew),
        rebind: Duration::from_secs(rebind),
    };
    let transaction = u32::from_be_bytes(fixed[4..8].try_into().ok()?);
    Some(Reply {
        kind,
        transaction,
        mac: fixed[28..34].try_into().ok()?,
        lease,
    })
}

/// Option 121 replaces option 3 (RFC 3442): a prefix, as many bytes as it needs, a gateway.
fn routes(options: &Options) -> Vec<(Ipv4Addr, u8, Ipv4Addr)> {
    let Some(mut rest) = options.get(121) else {
        return fours(options.get(3))
            .first()
            .map(|&router| (Ipv4Addr::UNSPECIFIED, 0, router))
            .into_iter()
            .collect();
    };
    let mut routes = Vec::new();
    while let Some((&prefix, after)) = rest.split_first() {
        let length = usize::from(prefix.div_ceil(8));
        let (Some(network), Some(gateway)) = (
            after.get(..length),
            after.get(length..length + 4).and_then(four),
        ) else {
            break;
        };
        if prefix > 32 {
            break;
        }
        let mut octets = [0; 4];
        octets[..length].copy_from_slice(network);
        routes.push((Ipv4Addr::from(octets), prefix, gateway));
        rest = &after[length + 4..];
    }
    routes
}

fn four(bytes: &[u8]) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?))
}

fn fours(bytes: Option<&[u8]>) -> Vec<Ipv4Addr> {
    bytes
        .unwrap_or_default()
        .chunks_exact(4)
        .filter_map(four)
        .collect()
}

/// A domain is written to a file that every program reads, so only characters of host names are
/// allowed.
fn domain(bytes: &[u8]) -> String {
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    bytes
        .iter()
        .take_while(name)
        .map(|&byte| char::from(byte))
        .collect()
}

/// The values of options; pieces of one that comes several times are joined (RFC 3396).
#[derive(Default)]
struct Options(Vec<(u8, Vec<u8>)>);

impl Options {
    fn read(&mut self, mut bytes: &[u8]) {
        while let [code, rest @ ..] = bytes {
            match code {
                0 => bytes = rest,
                255 => return,
                code => {
                    let Some((length, rest)) = rest.split_first() else {
                        return;
                    };
                    let Some(value) = rest.get(..usize::from(*length)) else {
                        return;
                    };
                    match self.0.iter_mut().find(|(known, _)| known == code) {
                        Some((_, known)) => known.extend_from_slice(value),
                        None => self.0.push((*code, value.to_vec())),
                    }
                    bytes = &rest[value.len()..];
                }
            }
        }
    }

    fn get(&self, code: u8) -> Option<&[u8]> {
        self.0
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, value)| value.as_slice())
    }
}

/// A client's packet as a frame to everybody, from the address 0.0.0.0.
pub fn frame(packet: &[u8], mac: [u8; 6]) -> Vec<u8> {
    let udp_length = 8 + packet.len() as u16;
    let mut ip = [0u8; 20];
    ip[0] = 0x45;
    ip[2..4].copy_from_slice(&(20 + udp_length).to_be_bytes());
    ip[8..10].copy_from_slice(&[64, 17]);
    ip[16..20].copy_from_slice(&BROADCAST.octets());
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    let mut frame = [&[0xff; 6], &mac[..], &[8, 0], &ip].concat();
    for word in [68, 67, udp_length, 0] {
        frame.extend_from_slice(&word.to_be_bytes());
    }
    // A checksum of 0 means none (RFC 768).
    frame.extend_from_slice(packet);
    frame
}

/// The payload of a frame that is for a DHCP client. Checksums are left alone: with offloading, packets
/// between virtual machines have none.
pub fn unframe(frame: &[u8]) -> Option<&[u8]> {
    let ip = frame.get(14..)?;
    let header = usize::from(ip.first()? & 15) * 4;
    if frame[12..14] != [8, 0] || ip[0] >> 4 != 4 || header < 20 || *ip.get(9)? != 17 {
        return None;
    }
    let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    let fragment = u16::from_be_bytes([*ip.get(6)?, *ip.get(7)?]) & 0x3fff;
    let udp = ip.get(header..total.min(ip.len()))?;
    let to = u16::from_be_bytes([*udp.get(2)?, *udp.get(3)?]);
    (to == 68 && fragment == 0).then(|| udp.get(8..))?
}

fn checksum(bytes: &[u8]) -> u16 {
    let sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
        .sum();
    !((sum & 0xffff) + (sum >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

    fn ask(kind: Kind) -> Ask<'static> {
        Ask {
            kind,
            transaction: 7,
            mac: MAC,
            seconds: 1,
            own: None,
            chosen: None,
            hostname: "shop",
        }
    }

    fn reply(options: &[u8]) -> Vec<u8> {
        let mut packet = ask(Kind::Discover).bytes()[..FIXED + 4].to_vec();
        packet[0] = 2;
        packet[16..20].copy_from_slice(&[10, 0, 2, 15]);
        packet.extend_from_slice(options);
        packet
    }

    #[test]
    fn a_lease() {
        let options = [
            &[
                53, 1, 5, 1, 4, 255, 255, 255, 0, 3, 4, 10, 0, 2, 2, 6, 4, 10, 0, 2, 3,
            ][..],
            &[54, 4, 10, 0, 2, 2, 51, 4, 0, 1, 0x51, 0x80, 15, 9],
            b"home.arpa",
            &[255],
        ]
        .concat();
        let reply = parse(&reply(&options)).unwrap();
        assert_eq!(
            (reply.kind, reply.transaction, reply.mac),
            (Kind::Ack, 7, MAC)
        );
        let lease = reply.lease;
        assert_eq!(
            (lease.address, lease.prefix),
            (Ipv4Addr::new(10, 0, 2, 15), 24)
        );
        assert_eq!(
            lease.routes,
            [(Ipv4Addr::UNSPECIFIED, 0, Ipv4Addr::new(10, 0, 2, 2))]
        );
        assert_eq!(
            (
                lease.lasts.as_secs(),
                lease.renew.as_secs(),
                lease.rebind.as_secs()
            ),
            (86400, 43200, 75600)
        );
        assert_eq!(lease.domain, "home.arpa");
    }

    #[test]
    fn routes_without_classes() {
        let options = [
            53, 1, 5, 3, 4, 9, 9, 9, 9, 121, 14, 8, 10, 10, 0, 0, 1, 0, 10, 0, 0, 2, 24, 1, 2, 3,
        ];
        let lease = parse(&reply(&options)).unwrap().lease;
        let expected = [
            ([10, 0, 0, 0].into(), 8, [10, 0, 0, 1].into()),
            ([0; 4].into(), 0, [10, 0, 0, 2].into()),
        ];
        assert_eq!(lease.routes, expected);
    }

    #[test]
    fn a_frame_there_and_back() {
        let packet = ask(Kind::Discover).bytes();
        let mut frame = frame(&packet, MAC);
        assert_eq!(checksum(&frame[14..34]), 0);
        assert_eq!(unframe(&frame), None, "it is for a server");
        frame[37] = 68;
        assert_eq!(unframe(&frame), Some(&packet[..]));
        for length in 0..frame.len() {
            unframe(&frame[..length]);
        }
    }

    #[test]
    fn packets_of_anybody() {
        let options = [53, 1, 2, 52, 1, 3, 121, 255, 1, 2, 3];
        let whole = reply(&options);
        for length in 0..whole.len() {
            parse(&whole[..length]);
        }
        // Any byte may have any value.
        for at in 0..whole.len() {
            for value in [0, 1, 52, 121, 255] {
                let mut packet = whole.clone();
                packet[at] = value;
                parse(&packet);
            }
        }
        assert_eq!(
            parse(&ask(Kind::Request).bytes()),
            None,
            "of another client"
        );
        assert_eq!(domain(b"a.b\nnameserver 6.6.6.6"), "a.b");
    }
}
