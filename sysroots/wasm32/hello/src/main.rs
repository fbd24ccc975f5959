//! Counts the words of its arguments, with the collections of std.
//!
//! `main` is what `xsys run` starts. The functions below it are exports for other hosts, and for
//! `xsys run -- --invoke add 2 3`.

mod host;

use std::collections::HashMap;

fn main() {
    // Without this a panic would only be a trap.
    std::panic::set_hook(Box::new(|panic| host::eprint_line(&panic.to_string())));

    host::print_line("Hello from wasm32-unknown-unknown!");
    let mut text = host::arguments().join(" ");
    if text.is_empty() {
        text = "the quick brown fox jumps over the lazy dog".to_owned();
    }
    for (word, count) in count_words(&text) {
        host::print_line(&format!("{count} {word}"));
    }
}

/// Words with how often they occur, the most frequent first.
fn count_words(text: &str) -> Vec<(String, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(word, count)| (word.to_owned(), count))
        .collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    words
}

#[unsafe(no_mangle)]
pub extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

/// How many digits a number has: by way of a `String`.
#[unsafe(no_mangle)]
pub extern "C" fn digits(number: u64) -> usize {
    number.to_string().len()
}

/// `xsys test` runs each test in an instance of its own.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_words() {
        let expected = [("a".to_owned(), 2), ("b".to_owned(), 1)];
        assert_eq!(count_words("a b a"), expected);
    }

    #[test]
    fn counts_digits() {
        assert_eq!(digits(u64::MAX), 20);
    }
}
