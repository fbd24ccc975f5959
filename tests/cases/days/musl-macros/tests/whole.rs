#[test]
fn nothing_is_counted_in_nothing() {
    assert_eq!(tally::Tally::of("").count("a"), 0);
}
