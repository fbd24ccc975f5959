//! A library with tests that pass, fail and should panic, the failing ones in the middle.

pub fn half(number: u32) -> u32 {
    assert!(number % 2 == 0, "{number} is odd");
    number / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes() {
        assert_eq!(half(84), 42);
    }

    #[test]
    fn reads_the_environment_and_files() {
        assert_eq!(std::env::var("GREETING").unwrap(), "hello");
        assert!(std::fs::read_to_string("Cargo.toml").unwrap().contains("sample"));
    }

    #[test]
    #[should_panic]
    fn can_panic() {
        half(1);
    }

    #[test]
    fn fails() {
        half(7);
    }
}
