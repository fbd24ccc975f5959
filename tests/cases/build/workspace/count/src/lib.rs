/// How many words there are in a text.
///
/// ```
/// assert_eq!(count::words("a b c"), 3);
/// ```
pub fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_separated_by_spaces() {
        assert_eq!(super::words(" one  two "), 2);
    }

    #[test]
    fn a_panic_can_be_expected() {
        let caught = std::panic::catch_unwind(|| panic!("on purpose"));
        assert!(caught.is_err());
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn wrong() {
        assert_eq!(super::words("one"), 2);
    }
}
