//! What has grown and shrunk from one file to another.
//!
//! Rows are matched by name. Instances of one generic function share a demangled name, so their
//! sizes are added up first.

use std::collections::BTreeMap;

use crate::size::{Item, Kind};

/// A name whose size differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub name: String,
    pub kind: Kind,
    pub before: u64,
    pub after: u64,
}

impl Change {
    pub(crate) fn difference(&self) -> i128 {
        i128::from(self.after) - i128::from(self.before)
    }
}

/// All changes, the largest first.
pub(crate) fn changes(before: &[Item], after: &[Item]) -> Vec<Change> {
    let mut sums: BTreeMap<(&str, Kind), (u64, u64)> = BTreeMap::new();
    for item in before {
        let sum = &mut sums.entry((&item.name, item.kind)).or_default().0;
        *sum = sum.saturating_add(item.size);
    }
    for item in after {
        let sum = &mut sums.entry((&item.name, item.kind)).or_default().1;
        *sum = sum.saturating_add(item.size);
    }
    let mut changes: Vec<Change> = sums
        .into_iter()
        .filter(|(_, (before, after))| before != after)
        .map(|((name, kind), (before, after))| Change {
            name: name.to_owned(),
            kind,
            before,
            after,
        })
        .collect();
    // Names are sorted already, and stay so among equal changes.
    changes.sort_by_key(|change| std::cmp::Reverse(change.difference().unsigned_abs()));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_added_up_and_equal_sizes_left_out() {
        let item = |name: &str, size| Item {
            name: name.to_owned(),
            kind: Kind::Code,
            addr: None,
            size,
        };
        let before = [item("a", 10), item("b", 5), item("b", 6), item("gone", 30)];
        let after = [item("a", 10), item("b", 12), item("new", 7)];
        let shown: Vec<(String, i128)> = changes(&before, &after)
            .into_iter()
            .map(|change| (change.name.clone(), change.difference()))
            .collect();
        assert_eq!(
            shown,
            [
                ("gone".to_owned(), -30),
                ("new".to_owned(), 7),
                ("b".to_owned(), 1)
            ]
        );
    }
}
