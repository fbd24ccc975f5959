//! Problems of devices: what a hundred devices have in common is told once, with their names.

use std::collections::BTreeMap;
use std::net::IpAddr;

use xsys_diag::Diagnostic;

/// As many are named.
const NAMED: usize = 5;

/// Problems, and whose they are.
#[derive(Debug, Default)]
pub struct Told {
    problems: Vec<(Diagnostic, Vec<String>)>,
}

impl Told {
    pub fn add(&mut self, device: &str, problems: Vec<Diagnostic>) {
        for problem in problems {
            let same = self.problems.iter_mut().find(|known| known.0 == problem);
            match same {
                Some((_, devices)) => devices.push(device.to_owned()),
                None => self.problems.push((problem, vec![device.to_owned()])),
            }
        }
    }

    /// Each problem with the devices that have it, of as many as there are.
    pub fn all(self, of: usize) -> impl Iterator<Item = Diagnostic> {
        self.problems
            .into_iter()
            .map(move |(problem, devices)| problem.note(whose(&devices, of)))
    }
}

fn whose(devices: &[String], of: usize) -> String {
    match devices {
        [one] => format!("this is device `{one}`"),
        [_, _] if of == 2 => "this is about both devices".to_owned(),
        all if all.len() == of => format!("this is about all {of} devices"),
        several => format!("these are devices {}", names(several)),
    }
}

/// Names in a sentence, not too many.
pub fn names(all: &[String]) -> String {
    let quoted: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    match quoted.len() {
        0..=NAMED => quoted.join(", "),
        count => format!(
            "{} and {} others",
            quoted[..NAMED].join(", "),
            count - NAMED
        ),
    }
}

/// Devices that call themselves the same, of all with their host names.
pub fn same_hostnames<'d>(devices: impl Iterator<Item = (&'d str, &'d str)>) -> Vec<Diagnostic> {
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (device, hostname) in devices {
        let name = hostname.to_ascii_lowercase();
        by_name.entry(name).or_default().push(device.to_owned());
    }
    let several = by_name.into_iter().filter(|(_, devices)| devices.len() > 1);
    several
        .map(|(name, devices)| {
            Diagnostic::error(format!(
                "{} devices have the hostname `{name}`",
                devices.len()
            ))
            .note(whose(&devices, usize::MAX))
            .help("leave `hostname` out: a device's is its name")
        })
        .collect()
}

/// Devices that give themselves the same address, of all with theirs.
pub fn same_addresses<'d>(
    devices: impl Iterator<Item = (&'d str, Vec<IpAddr>)>,
) -> Vec<Diagnostic> {
    let mut by_address: BTreeMap<IpAddr, Vec<String>> = BTreeMap::new();
    for (device, addresses) in devices {
        for address in addresses {
            let devices = by_address.entry(address).or_default();
            if devices.last().is_none_or(|last| last != device) {
                devices.push(device.to_owned());
            }
        }
    }
    let several = by_address
        .into_iter()
        .filter(|(_, devices)| devices.len() > 1);
    several
        .map(|(address, devices)| {
            Diagnostic::warning(format!("{} devices have the address {address}", devices.len()))
                .note(whose(&devices, usize::MAX))
                .help("where each is in a network of its own, say so: `same-addresses = true` at the top of fleet.toml")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_devices_have_in_common_is_told_once() {
        let mut told = Told::default();
        let names: Vec<String> = (0..8).map(|number| format!("shop-{number}")).collect();
        for name in &names {
            told.add(name, vec![Diagnostic::error("all have it")]);
        }
        told.add("shop-3", vec![Diagnostic::error("one has it")]);
        for name in &names[..7] {
            told.add(name, vec![Diagnostic::error("most have it")]);
        }
        let notes: Vec<String> = told
            .all(8)
            .map(|problem| problem.notes[0].clone())
            .collect();
        assert_eq!(
            notes,
            [
                "this is about all 8 devices",
                "this is device `shop-3`",
                "these are devices `shop-0`, `shop-1`, `shop-2`, `shop-3`, `shop-4` and 2 others",
            ]
        );
    }
}
