// A library for a page: no entry, and only what is exported stays.
//# target: wasm32-unknown-unknown
//# program: cdylib
//# rustc: -O
//# compare: rust-lld
//# run: sum(10) = 45
//# run: letters(3) = 8

#[unsafe(no_mangle)]
pub extern "C" fn sum(to: u32) -> u32 {
    let numbers: Vec<u32> = (0..to).collect();
    numbers.iter().sum()
}

#[unsafe(no_mangle)]
pub extern "C" fn letters(count: usize) -> usize {
    format!("{:?}", vec!["a"; count]).replace("\"", "").len() - 1
}
