//! The order in which names on the command line pull in members.
//!
//! Problem: wasm-ld stores the names to export in one of LLVM's hash tables, and iterates over it. So the hashes
//! decide which of two members comes first, and with that all indexes in the output. To write the same bytes, the
//! same order is needed. It also decides which of two members is linked that define one name, so that the default
//! needs it as well: otherwise programs would be made of other members than wasm-ld's.

use twox_hash::XxHash3_64;

use super::llvm_hash;

/// The initial size of the table.
const FIRST_SIZE: usize = 16;

/// The names in the order of LLVM's `StringMap`, after they were inserted in the given order.
pub(super) fn in_table_order<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    in_order(FIRST_SIZE, XxHash3_64::oneshot, names.map(String::as_str))
}

/// The names in the order of LLVM's `DenseMap`.
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
        // The table grows when it is three quarters full; entries are moved in the old order.
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

/// The slot of a name.
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
