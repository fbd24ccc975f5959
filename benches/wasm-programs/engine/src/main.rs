//! Runs a script in a JavaScript engine.
use boa_engine::{Context, Source};
fn main() {
    let mut context = Context::default();
    let script = "let f = n => n < 2 ? n : f(n-1) + f(n-2); [f(15), JSON.stringify({a:[1,2.5,'x']}), 'abc'.replace(/b/g, 'd'), new Map([[1,2]]).size].join(' ')";
    println!("{}", context.eval(Source::from_bytes(script)).unwrap().display());
}
