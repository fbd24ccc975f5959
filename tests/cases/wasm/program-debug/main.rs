// A program of std with debug information, unoptimised.
//# target: wasm32-wasip1
//# program: bin
//# rustc: -g
//# compare: rust-lld
//# tools: llvm-dwarfdump
//# inspect: llvm-dwarfdump --verify "$module"
//# says: No errors.
//# custom: .debug_info
//# engine: node
//# stdout: 3 apples

#[derive(Debug)]
struct Basket {
    fruits: Vec<(u32, &'static str)>,
}

fn main() {
    let basket = Basket {
        fruits: vec![(3, "apples")],
    };
    for (count, what) in &basket.fruits {
        println!("{count} {what}");
    }
}
