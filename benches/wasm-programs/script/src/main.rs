//! Parses, checks, transforms and prints a script.
use oxc::{allocator::Allocator, codegen::Codegen, parser::Parser, span::SourceType, semantic::SemanticBuilder, minifier::{Minifier, MinifierOptions}};
#[unsafe(no_mangle)]
pub extern "C" fn run(n: u32) -> u32 {
    let source: String = (0..n).map(|i| format!("const a{i} = (x) => {{ let y = x * {i}; return y ?? [...x, {{...y}}]; }}; class C{i} extends Object {{ #p = 1; get q() {{ return this.#p }} }}\n")).collect();
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &source, SourceType::mjs()).parse();
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new().build(&program);
    let errors = semantic.diagnostics.len();
    drop(semantic);
    let plain = Codegen::new().build(&program).code;
    let _ = Minifier::new(MinifierOptions::default()).minify(&allocator, &mut program);
    let text = Codegen::new().build(&program).code;
    plain.bytes().chain(text.bytes()).fold(0x811c9dc5u32 + errors as u32, |h, b| (h ^ b as u32).wrapping_mul(0x01000193))
}
fn main() { std::process::exit(run(20) as i32) }
