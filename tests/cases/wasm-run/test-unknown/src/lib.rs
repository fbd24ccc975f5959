//! A library with tests of every kind.

pub fn half(number: u32) -> u32 {
    assert!(number % 2 == 0, "{number} is odd");
    number / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aborts() {
        core::arch::wasm32::unreachable()
    }

    #[test]
    fn fails() {
        println!("now halve 7");
        half(7);
    }

    #[test]
    #[ignore = "it takes too long"]
    fn is_left_out() {
        half(1);
    }

    #[test]
    fn passes() {
        assert_eq!(half(84), 42);
    }

    #[test]
    fn returns_an_error() -> Result<(), std::num::ParseIntError> {
        "x".parse().map(half).map(drop)
    }

    #[test]
    #[should_panic(expected = "3 is odd")]
    fn should_panic_and_does() {
        half(3);
    }

    #[test]
    fn takes_forever() {
        loop {
            std::hint::black_box(half(2));
        }
    }
}
