//! Problems of devices: a problem that many devices have is reported once, with their names.

use std::collections::BTreeMap;
use std::net::IpAddr;

use xsys_diag::Diagnostic;

/// The number of names, and of places, that are shown.
const NAMED: usize = 5;

/// Problems, each with its device.
#[derive(Debug, Default)]
pub(crate) struct Told {
    problems: Vec<(Diagnostic, Vec<String>)>,
}

impl Told {
    pub(crate) fn add(&mut self, device: &str, problems: Vec<Diagnostic>) {
        for problem in problems {
            let mut known = self.problems.iter_mut();
            let same = known.find(|(known, _)| *known == problem || is_elsewhere(known, &problem));
            let Some((known, devices)) = same else {
                self.problems.push((problem, vec![device.to_owned()]));
                continue;
            };
            for label in problem.labels {
                if known.labels.len() < NAMED && !known.labels.contains(&label) {
                    known.labels.push(label);
                }
            }
            if devices.last().is_none_or(|last| last != device) {
                devices.push(device.to_owned());
            }
        }
    }

    /// Each problem with the devices that have it, and the number of all devices.
    pub(crate) fn all(self, of: usize) -> impl Iterator<Item = Diagnostic> {
        self.problems
            .into_iter()
            .map(move |(problem, devices)| problem.note(whose(&devices, of)))
    }
}

/// Whether two problems differ only in their place in a file.
fn is_elsewhere(one: &Diagnostic, other: &Diagnostic) -> bool {
    let ([place], [first, ..]) = (other.labels.as_slice(), one.labels.as_slice()) else {
        return false;
    };
    let other = Diagnostic {
        labels: one.labels.clone(),
        ..other.clone()
    };
    place.source == first.source && place.text == first.text && *one == other
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
pub(crate) fn names(all: &[String]) -> String {
    let quoted: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    match quoted.len() {
        0..=NAMED => quoted.join(", "),
        count => format!(
            "{} and {} other{}",
            quoted[..NAMED].join(", "),
            count - NAMED,
            if count - NAMED == 1 { "" } else { "s" }
        ),
    }
}

/// Devices with the same name in the network, given all with their host names.
pub(crate) fn same_hostnames<'d>(
    devices: impl Iterator<Item = (&'d str, &'d str)>,
) -> Vec<Diagnostic> {
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

/// Devices with the same address, given all with theirs.
pub(crate) fn same_addresses<'d>(
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
    use xsys_diag::Source;

    use super::*;

    #[test]
    fn what_is_wrong_in_several_places_is_told_once() {
        let source = Source {
            path: "fleet.toml".into(),
            text: "machine = 'pi' ".repeat(9).into(),
        };
        let problem =
            |at: usize| Diagnostic::error("no such machine").label(&source, at..at + 1, "");
        let mut told = Told::default();
        for (at, device) in ["a", "b", "c", "d", "e", "f", "f"].into_iter().enumerate() {
            told.add(device, vec![problem(at)]);
        }
        told.add("g", vec![problem(3).help("of another kind")]);
        let all: Vec<Diagnostic> = told.all(9).collect();
        let places = |of: &Diagnostic| of.labels.iter().map(|it| it.span.start).collect::<Vec<_>>();
        assert_eq!(all.len(), 2);
        assert_eq!(places(&all[0]), [0, 1, 2, 3, 4]);
        let whose = "these are devices `a`, `b`, `c`, `d`, `e` and 1 other";
        assert_eq!(all[0].notes, [whose]);
        assert_eq!(places(&all[1]), [3]);
    }

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
