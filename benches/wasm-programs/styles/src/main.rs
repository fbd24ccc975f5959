//! Parses, shrinks and prints a style sheet.
use lightningcss::stylesheet::{StyleSheet, ParserOptions, PrinterOptions, MinifyOptions};
fn main() {
    let css = ".a { color: #ff0000; margin: 10px 10px; & .b { transform: translateX(calc(1px + 2px)) } } @media (min-width: 100px) { a { color: rgb(1 2 3 / 50%) } }";
    let mut sheet = StyleSheet::parse(css, ParserOptions::default()).unwrap();
    sheet.minify(MinifyOptions::default()).unwrap();
    println!("{}", sheet.to_css(PrinterOptions { minify: true, ..Default::default() }).unwrap().code);
}
