use tally::Tally;

fn main() {
    let text = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let tally = Tally::of(&text);
    println!("{}: {} times `a`", Tally::NAME, tally.count("a"));
}
