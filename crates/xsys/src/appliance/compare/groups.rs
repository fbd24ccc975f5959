//! Devices that changed in the same way, as one group.
//!
//! Between two releases a hundred devices change in the same way, but no two of them have the same bytes: each has its
//! name in its settings, so its archive differs, and compressed it is a few bytes longer or shorter. So files on the
//! boot partitions are compared by name only, and the user's files by their properties and by how much they have grown.
//! If sizes differ, the smallest and the largest are shown.

use std::collections::BTreeMap;

use super::{Differences, Part, Row};
use crate::ui::bytes;

/// What some devices have in common.
pub(super) struct Group<'a> {
    pub devices: Vec<&'a str>,
    pub rows: Vec<Merged>,
    pub not_compared: &'a [String],
}

/// A row of all devices of a group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub part: Part,
    pub name: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// The growth: ` (+2 B)`, or nothing.
    pub growth: String,
}

/// What has to be equal for devices to be in one group.
type Key<'a> = (Vec<RowKey<'a>>, &'a [String]);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RowKey<'a> {
    part: Part,
    name: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    growth: Option<i128>,
    /// Of both sides.
    digests: [Option<&'a str>; 2],
}

impl<'a> RowKey<'a> {
    fn of(row: &'a Row) -> Self {
        let by_content = !matches!(row.part, Part::Card | Part::Files);
        let digest = |digest: &'a Option<String>| digest.as_deref().filter(|_| by_content);
        Self {
            part: row.part,
            name: &row.name,
            before: said(row.before.as_deref(), row.size_before),
            after: said(row.after.as_deref(), row.size_after),
            growth: growth(row).filter(|_| row.part != Part::Card),
            digests: [digest(&row.sha256_before), digest(&row.sha256_after)],
        }
    }
}

/// A side without its size.
fn said(side: Option<&str>, size: Option<u64>) -> Option<&str> {
    let (side, Some(size)) = (side?, size) else {
        return side;
    };
    Some(side.strip_suffix(&bytes(size)).unwrap_or(side))
}

fn growth(row: &Row) -> Option<i128> {
    Some(i128::from(row.size_after?) - i128::from(row.size_before?))
}

/// The groups, in the order of their first devices.
pub(super) fn groups(devices: &BTreeMap<String, Differences>) -> Vec<Group<'_>> {
    let mut known: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    let mut members: Vec<Vec<(&str, &Differences)>> = Vec::new();
    for (name, differences) in devices {
        let rows = differences.rows.iter().map(RowKey::of).collect();
        let number = *known
            .entry((rows, &differences.not_compared))
            .or_insert(members.len());
        if number == members.len() {
            members.push(Vec::new());
        }
        members[number].push((name, differences));
    }
    members.iter().map(|members| group(members)).collect()
}

fn group<'a>(members: &[(&'a str, &'a Differences)]) -> Group<'a> {
    let (_, first) = members[0];
    let merged = |(number, row): (usize, &Row)| {
        let rows: Vec<&Row> = members.iter().map(|(_, it)| &it.rows[number]).collect();
        let side = |said: Option<&str>, size: fn(&Row) -> Option<u64>| {
            let sizes = rows.iter().filter_map(|row| size(row));
            Some(format!("{}{}", said?, range(sizes)))
        };
        Merged {
            part: row.part,
            name: row.name.clone(),
            before: side(said(row.before.as_deref(), row.size_before), |row| {
                row.size_before
            }),
            after: side(said(row.after.as_deref(), row.size_after), |row| {
                row.size_after
            }),
            growth: grown(rows.iter().filter_map(|row| growth(row))),
        }
    };
    Group {
        devices: members.iter().map(|(name, _)| *name).collect(),
        rows: first.rows.iter().enumerate().map(merged).collect(),
        not_compared: &first.not_compared,
    }
}

/// The smallest and the largest size, or the only one.
fn range(sizes: impl Iterator<Item = u64> + Clone) -> String {
    let (Some(least), Some(most)) = (sizes.clone().min(), sizes.max()) else {
        return String::new();
    };
    between(&bytes(least), &bytes(most), "–")
}

/// Two sizes with their unit written once, or one if they look the same.
fn between(least: &str, most: &str, between: &str) -> String {
    let unit = |size: &str| size.rsplit_once(' ').map(|(_, unit)| unit.to_owned());
    match (least == most, unit(least) == unit(most)) {
        (true, _) => least.to_owned(),
        (_, true) => {
            let number = least.rsplit_once(' ').map_or(least, |(number, _)| number);
            format!("{number}{between}{most}")
        }
        _ => format!("{least}{between}{most}"),
    }
}

fn grown(all: impl Iterator<Item = i128> + Clone) -> String {
    let (Some(least), Some(most)) = (all.clone().min(), all.max()) else {
        return String::new();
    };
    let signed = |growth: i128| {
        let sign = if growth < 0 { '-' } else { '+' };
        let size = u64::try_from(growth.unsigned_abs()).unwrap_or(u64::MAX);
        format!("{sign}{}", bytes(size))
    };
    match (least, most) {
        (0, 0) => String::new(),
        _ => format!(" ({})", between(&signed(least), &signed(most), " to ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_from_the_least_to_the_most() {
        assert_eq!(range([7, 7].into_iter()), "7 B");
        assert_eq!(range([12, 7, 9].into_iter()), "7–12 B");
        assert_eq!(range([1000, 2048].into_iter()), "1000 B–2.0 KiB");
        // The difference is too small to be shown.
        assert_eq!(range([1 << 20, (1 << 20) + 1].into_iter()), "1.0 MiB");
        assert_eq!(range([].into_iter()), "");
        assert_eq!(grown([0, 0].into_iter()), "");
        assert_eq!(grown([5, 5].into_iter()), " (+5 B)");
        assert_eq!(grown([-3, 5].into_iter()), " (-3 to +5 B)");
        assert_eq!(
            grown([i128::from(u64::MAX), -i128::from(u64::MAX)].into_iter())
                .matches(" TiB")
                .count(),
            1
        );
    }
}
