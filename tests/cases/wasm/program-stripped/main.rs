// A program of std as it is shipped: no names, no debug information, smallest numbers.
//# target: wasm32-unknown-unknown
//# program: cdylib
//# rustc: -O -Cstrip=debuginfo -Cpanic=abort
//# compare: rust-lld
//# no-custom: .debug_info
//# run: words(5) = 75
//# run: sorted(20) = 190

use std::collections::{BTreeMap, HashMap};

#[unsafe(no_mangle)]
pub extern "C" fn words(times: u32) -> u32 {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for number in 0..times {
        for word in ["one", "two", "three"] {
            *counts.entry(format!("{word}{}", number % 3)).or_default() += number;
        }
    }
    let total: u32 = counts.values().sum();
    total + counts.keys().map(|key| key.len() as u32).sum::<u32>() + 3
}

#[unsafe(no_mangle)]
pub extern "C" fn sorted(count: u32) -> u32 {
    let mut list: Vec<u32> = (0..count).map(|n| n * 7 % count).collect();
    list.sort_by(|a, b| b.cmp(a));
    let tree: BTreeMap<u32, u32> = list.iter().map(|&n| (n, n)).collect();
    tree.values().sum()
}
