//! The order in which names of the command line pull members.
//!
//! Problem: wasm-ld keeps the names that are to be exported in a hash table of LLVM's, and walks over it. So which of
//! two members comes first, and with it every number in the output, depends on that table's hashes. Where its bytes
//! are wanted, so is its order.

use twox_hash::XxHash3_64;

use super::llvm_hash;

/// The table's size when the first name comes.
const FIRST_SIZE: usize = 16;

/// Names in the order of LLVM's `StringMap` after they were inserted one after the other.
pub(super) fn in_table_order<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    in_order(FIRST_SIZE, XxHash3_64::oneshot, names.map(String::as_str))
}

/// Names in the order of LLVM's `DenseMap`.
pub(super) fn in_map_order<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    in_order(FIRST_SIZE * 4, llvm_hash::hash, names)
}

fn in_order<'n>(
    size: usize,
    hash: fn(&[u8]) -> u64,
    names: impl Iterator<Item = &'n str>,
) -> Vec<&'n str> {
    let place = |table: &[Option<&str>], name: &str| place(table, name, hash(name.as_bytes()));
    let mut table: Vec<Option<&'n str>> = vec![None; size];
    let mut count = 0;
    for name in names {
        let at = place(&table, name);
        if table[at].is_some() {
            continue;
        }
        table[at] = Some(name);
        count += 1;
        // It grows when three quarters are taken; old places are walked in order.
        if count * 4 > table.len() * 3 {
            let larger = vec![None; table.len() * 2];
            for name in std::mem::replace(&mut table, larger).into_iter().flatten() {
                let at = place(&table, name);
                table[at] = Some(name);
            }
        }
    }
    table.into_iter().flatten().collect()
}

/// Where a name is, or would be.
fn place(table: &[Option<&str>], name: &str, hash: u64) -> usize {
    let mask = table.len() - 1;
    let mut at = hash as usize & mask;
    let mut step = 1;
    while table[at].is_some_and(|known| known != name) {
        at = (at + step) & mask;
        step += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once() {
        let names: Vec<String> = (0..100).map(|number| format!("f{}", number % 70)).collect();
        let mut found = in_table_order(names.iter());
        assert_eq!(found.len(), 70);
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 70);
    }
}
