//! A component without WASI: a plain module whose `component-type` section says what it is.

use std::collections::BTreeMap;

wit_bindgen::generate!({ world: "words", path: "wit" });

struct Words;

impl Guest for Words {
    fn count(text: String) -> Vec<(String, u32)> {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for word in text.split_whitespace() {
            *counts.entry(word).or_default() += 1;
        }
        counts
            .into_iter()
            .map(|(word, count)| (word.to_owned(), count))
            .collect()
    }

    fn join(words: Vec<String>) -> Result<String, String> {
        match words.is_empty() {
            true => Err("nothing to join".to_owned()),
            false => Ok(xsys::words::host::shout(&words.join(" "))),
        }
    }
}

export!(Words);
