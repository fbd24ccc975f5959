//! Counts words.

use std::collections::BTreeMap;

#[derive(macros::Named)]
pub struct Tally {
    words: BTreeMap<String, usize>,
}

impl Tally {
    /// Counts the words of a text.
    ///
    /// ```
    /// assert_eq!(tally::Tally::of("a b a").count("a"), 2);
    /// ```
    pub fn of(text: &str) -> Self {
        let mut words = BTreeMap::new();
        for word in text.split_whitespace() {
            *words.entry(word.to_owned()).or_default() += 1;
        }
        Self { words }
    }

    pub fn count(&self, word: &str) -> usize {
        self.words.get(word).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!(Tally::of("x y").count("x"), 1);
    }

    #[test]
    #[should_panic]
    fn panics() {
        let words: Vec<&str> = Vec::new();
        let _ = words[0];
    }
}
