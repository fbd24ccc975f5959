#[test]
fn tests_are_built_for_the_target() {
    assert!(cfg!(target_env = "musl"));
    assert_eq!(count::words("one"), 1);
}
