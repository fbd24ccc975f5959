//! Messages to the kernel's network: links, addresses and routes.
//!
//! rtnetlink(7): a header, a fixed part for the kind of message, then attributes, each padded to 4 bytes; all in the
//! machine's byte order. This one mechanism serves both address families; ioctl would take two.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const DEL_ADDRESS: u16 = 21;
const GET_ADDRESS: u16 = 22;
const NEW_ROUTE: u16 = 24;

const REQUEST: u16 = 1;
const ACK: u16 = 4;
const REPLACE: u16 = 0x100;
const CREATE: u16 = 0x400;
const DUMP: u16 = 0x300;

const HEADER: usize = 16;

struct Message(Vec<u8>);

impl Message {
    fn new(kind: u16, flags: u16, fixed: &[u8]) -> Message {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&(REQUEST | flags).to_ne_bytes());
        bytes.extend_from_slice(fixed);
        Message(bytes)
    }

    fn attribute(mut self, kind: u16, value: &[u8]) -> Message {
        self.0
            .extend_from_slice(&(4 + value.len() as u16).to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    fn address(self, kind: u16, address: IpAddr) -> Message {
        match address {
            IpAddr::V4(address) => self.attribute(kind, &address.octets()),
            IpAddr::V6(address) => self.attribute(kind, &address.octets()),
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let length = self.0.len() as u32;
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0
    }
}

fn family(address: &IpAddr) -> u8 {
    if address.is_ipv4() { 2 } else { 10 }
}

/// Switches an interface on.
pub fn link_up(index: u32) -> Vec<u8> {
    let up = 1u32.to_ne_bytes();
    let mut fixed = [0; 16];
    fixed[4..8].copy_from_slice(&index.to_ne_bytes());
    fixed[8..12].copy_from_slice(&up);
    fixed[12..16].copy_from_slice(&up);
    Message::new(NEW_LINK, ACK, &fixed).finish()
}

/// Gives an interface an address, or sets the same one again.
pub fn add_address(index: u32, address: IpAddr, prefix: u8) -> Vec<u8> {
    let message = address_message(NEW_ADDRESS, ACK | CREATE | REPLACE, index, address, prefix);
    match address {
        IpAddr::V4(v4) if prefix < 31 => {
            let broadcast = u32::from(v4) | u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
            message.attribute(4, &broadcast.to_be_bytes()).finish()
        }
        _ => message.finish(),
    }
}

pub fn remove_address(index: u32, address: IpAddr, prefix: u8) -> Vec<u8> {
    address_message(DEL_ADDRESS, ACK, index, address, prefix).finish()
}

fn address_message(kind: u16, flags: u16, index: u32, address: IpAddr, prefix: u8) -> Message {
    let mut fixed = [family(&address), prefix, 0, 0, 0, 0, 0, 0];
    fixed[4..].copy_from_slice(&index.to_ne_bytes());
    Message::new(kind, flags, &fixed)
        .address(2, address)
        .address(1, address)
}

/// A route to a network, or to everything that has no other route. The gateway is taken to be on the link
/// even where no address says so, as some providers' /32 leases want.
pub fn add_route(index: u32, to: (IpAddr, u8), gateway: Option<IpAddr>, metric: u32) -> Vec<u8> {
    let (main_table, boot_protocol, unicast) = (254, 3, 1);
    let scope = if gateway.is_some() { 0 } else { 253 };
    let on_link: u32 = if gateway.is_some() { 4 } else { 0 };
    let mut fixed = [
        family(&to.0),
        to.1,
        0,
        0,
        main_table,
        boot_protocol,
        scope,
        unicast,
        0,
        0,
        0,
        0,
    ];
    fixed[8..].copy_from_slice(&on_link.to_ne_bytes());
    let mut message = Message::new(NEW_ROUTE, ACK | CREATE | REPLACE, &fixed);
    if to.1 > 0 {
        message = message.address(1, to.0);
    }
    if let Some(gateway) = gateway {
        message = message.address(5, gateway);
    }
    message
        .attribute(4, &index.to_ne_bytes())
        .attribute(6, &metric.to_ne_bytes())
        .finish()
}

/// Asks for all addresses of all interfaces.
pub fn get_addresses() -> Vec<u8> {
    Message::new(GET_ADDRESS, DUMP, &[0; 8]).finish()
}

/// The kernel's answer to a request.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// An error number, 0 for success.
    Result(i32),
    Address {
        index: u32,
        address: IpAddr,
        prefix: u8,
    },
    /// The end of a list.
    Done,
}

/// Splits what was received, which may be several messages.
pub fn answers(mut bytes: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while bytes.len() >= HEADER {
        let length = word(bytes, 0) as usize;
        if length < HEADER || length > bytes.len() {
            break;
        }
        let (kind, body) = (
            u16::from_ne_bytes([bytes[4], bytes[5]]),
            &bytes[HEADER..length],
        );
        match kind {
            2 if body.len() >= 4 => {
                answers.push(Answer::Result((word(body, 0) as i32).wrapping_neg()))
            }
            3 => answers.push(Answer::Done),
            NEW_ADDRESS => answers.extend(address(body)),
            _ => {}
        }
        bytes = &bytes[length.next_multiple_of(4).min(bytes.len())..];
    }
    answers
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn address(body: &[u8]) -> Option<Answer> {
    let mut attributes = body.get(8..)?;
    let (prefix, index) = (body[1], word(body, 4));
    let mut found = None;
    while attributes.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes([attributes[0], attributes[1]]));
        let kind = u16::from_ne_bytes([attributes[2], attributes[3]]);
        let value = attributes.get(4..length)?;
        let address = match value.len() {
            4 => <[u8; 4]>::try_from(value)
                .ok()
                .map(|octets| IpAddr::V4(Ipv4Addr::from(octets))),
            16 => <[u8; 16]>::try_from(value)
                .ok()
                .map(|octets| IpAddr::V6(Ipv6Addr::from(octets))),
            _ => None,
        };
        // 1 is the address, or the other end of a point-to-point link, of which 2 is this end.
        if kind == 2 || kind == 1 && found.is_none() {
            found = address.or(found);
        }
        attributes = &attributes[length.next_multiple_of(4).min(attributes.len())..];
    }
    Some(Answer::Address {
        index,
        address: found?,
        prefix,
    })
}

/// Parses `192.168.1.5/24`; without a prefix it is one machine.
pub fn parse_address(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, None), |(a, p)| (a, Some(p)));
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Some(longest), |prefix| prefix.parse().ok())?;
    (prefix <= longest).then_some((address, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_there_and_back() {
        let address = "192.168.1.5".parse().unwrap();
        let message = add_address(3, address, 24);
        assert_eq!(
            answers(&message),
            [Answer::Address {
                index: 3,
                address,
                prefix: 24
            }]
        );
        assert!(message.windows(4).any(|four| four == [192, 168, 1, 255]));
        let address = "fd00::5".parse().unwrap();
        let message = remove_address(3, address, 64);
        assert_eq!(message.len(), 16 + 8 + 20 + 20);
    }

    #[test]
    fn routes() {
        let everything = ("0.0.0.0".parse().unwrap(), 0);
        let message = add_route(2, everything, Some("10.0.2.2".parse().unwrap()), 100);
        assert_eq!(message.len(), 16 + 12 + 8 + 8 + 8);
    }

    #[test]
    fn answers_that_are_cut_off_end_there() {
        let whole = [
            add_address(1, "10.0.0.1".parse().unwrap(), 8),
            get_addresses(),
        ]
        .concat();
        for length in 0..whole.len() {
            answers(&whole[..length]);
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(
            parse_address("10.0.0.1/8"),
            Some(("10.0.0.1".parse().unwrap(), 8))
        );
        assert_eq!(parse_address("::1").map(|(_, prefix)| prefix), Some(128));
        for bad in [
            "10.0.0.1/33",
            "10.0.0/8",
            "::1/129",
            "a",
            "10.0.0.1/",
            "10.0.0.1/-1",
        ] {
            assert_eq!(parse_address(bad), None, "{bad}");
        }
    }
}
