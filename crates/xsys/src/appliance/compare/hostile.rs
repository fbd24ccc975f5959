//! Manifests and lists from others, truncated, damaged and malicious: each is an error or is compared, in a short time.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::find::{manifest, software};
use super::tests::good;
use super::{Comparison, Known, text};

/// Damaged pairs.
const ROUNDS: u64 = 1000;

/// The time limit for a file of the largest size, on a loaded machine.
const LONGEST: Duration = Duration::from_secs(10);

/// Reads both, and compares them with good ones, in both directions; returns whether they could be
/// read.
fn read(texts: [&str; 2]) -> Result<String, String> {
    let path = Path::new("x.manifest.json");
    let told = |failure: crate::error::Failure| {
        let problem = &failure.diagnostics[0];
        assert!(
            problem.message.starts_with("`x.manifest.json` "),
            "{problem}"
        );
        problem.message.clone()
    };
    let known = |texts: [&str; 2]| -> Result<Known, String> {
        Ok(Known {
            manifest: manifest(path, texts[0]).map_err(told)?,
            software: Some(software(path, texts[1]).map_err(told)?),
        })
    };
    let (one, list) = good();
    let good = known([&one.to_string(), &list.to_string()]).unwrap();
    let other = known(texts)?;
    let all = |known: &Known| [("x".to_owned(), known.clone())].into();
    let there = text(&Comparison::of(&all(&good), &all(&other)));
    let back = text(&Comparison::of(&all(&other), &all(&good)));
    for said in [&there, &back] {
        let wrong = |letter: char| letter.is_control() && letter != '\n';
        assert!(!said.contains(wrong), "{said:?}");
        let wide = said.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
    assert_eq!(there.is_empty(), back.is_empty());
    Ok(there)
}

/// Numbers that follow from one another (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }
}

/// Replaces some value by something else.
fn change(value: &mut Value, numbers: &mut Numbers) {
    let inner = match value {
        Value::Array(list) => list.iter_mut().collect::<Vec<_>>(),
        Value::Object(table) => table.values_mut().collect(),
        _ => Vec::new(),
    };
    let count = inner.len();
    if count > 0 && numbers.below(5) > 0 {
        let chosen = inner.into_iter().nth(numbers.below(count));
        return change(chosen.unwrap(), numbers);
    }
    let others = [
        Value::Null,
        json!(-1),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("\u{1b}[2J\n\r\u{202e}é #:@("),
        json!("wörd ".repeat(100)),
        json!([]),
        json!([{ "name": "a", "x": 1 }, { "name": "a", "x": 2 }, [[]], { "name": 5 }]),
        json!({ "": { "": { "name": "" } } }),
    ];
    *value = others[numbers.below(others.len())].clone();
}

#[test]
fn damaged_manifests_are_errors_or_compared() {
    let start = Instant::now();
    let (one, list) = good();
    let (mut wrong, mut right) = (0, 0);
    for round in 0..ROUNDS {
        let mut numbers = Numbers(round);
        let mut values = [one.clone(), list.clone()];
        for _ in 0..=numbers.below(3) {
            change(&mut values[numbers.below(2)], &mut numbers);
        }
        let mut texts = values.map(|value| value.to_string());
        // Replaces a byte, or truncates the text.
        if numbers.below(2) == 0 {
            let text = &mut texts[numbers.below(2)];
            let letters: Vec<char> = text.chars().collect();
            let at = numbers.below(letters.len());
            let other = ['{', '[', '"', '0', ',', '\\', 'é', '}'][numbers.below(8)];
            *text = letters[..at].iter().collect();
            if numbers.below(3) > 0 {
                text.push(other);
                text.extend(&letters[at + 1..]);
            }
        }
        match read([&texts[0], &texts[1]]) {
            Ok(_) => right += 1,
            Err(_) => wrong += 1,
        }
    }
    assert!(
        right > ROUNDS / 10 && wrong > ROUNDS / 10,
        "{right} {wrong}"
    );
    assert!(start.elapsed() < 2 * LONGEST, "{:?}", start.elapsed());
}

#[test]
fn cut_manifests_are_errors() {
    let (one, list) = good();
    let texts = [one.to_string(), list.to_string()];
    for at in (0..texts[0].len()).step_by(7) {
        assert!(read([&texts[0][..at], &texts[1]]).is_err(), "{at}");
    }
    for at in (0..texts[1].len()).step_by(7) {
        let error = read([&texts[0], &texts[1][..at]]).unwrap_err();
        assert!(error.contains("is no list of software: "), "{error}");
    }
}

#[test]
fn large_and_deep_manifests_are_compared_soon() {
    let (one, list) = good();
    let list = list.to_string();
    let settings = |settings: &str| {
        let mut manifest = one.clone();
        manifest["settings"] = json!("HERE");
        manifest.to_string().replace("\"HERE\"", settings)
    };
    let error = read([&settings(&"[".repeat(1 << 20)), &list]).unwrap_err();
    assert!(error.contains("recursion limit exceeded"), "{error}");
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    assert!(read([&settings(&deep), &list]).is_ok());
    for (what, settings) in [
        (
            "a list of tables",
            settings(&format!("{{\"a\":[{{}}{}]}}", ",{\"b\":1}".repeat(20_000))),
        ),
        (
            "tables of one name",
            settings(&format!(
                "{{\"a\":[{{}}{}]}}",
                ",{\"name\":\"x\",\"b\":1}".repeat(20_000)
            )),
        ),
        (
            "a long text",
            settings(&format!("{{\"a\":\"{}\"}}", "word ".repeat(1 << 17))),
        ),
    ] {
        let start = Instant::now();
        assert!(read([&settings, &list]).is_ok(), "{what}");
        assert!(start.elapsed() < LONGEST, "{what}: {:?}", start.elapsed());
    }
}
