//! The order in which the tests of a suite run, and how many run at a time.
//!
//! Problem: neighbouring tests are for the same machine. If they run at the same time, the second waits
//! until the first has compiled their standard library, and a processor idles. So the second half of the
//! list is interleaved with the first: tests that run at the same time are for different machines, and a
//! library is there when the next test for its machine begins.

use libtest_mimic::Arguments;

/// The first of the first half, the first of the second half, the second of the first half and so on.
pub fn neighbours_apart<T>(list: Vec<T>) -> Vec<T> {
    let mut first = list;
    let second = first.split_off(first.len().div_ceil(2));
    let mut second = second.into_iter();
    let mut mixed = Vec::new();
    for one in first {
        mixed.push(one);
        mixed.extend(second.next());
    }
    mixed
}

/// The arguments of a suite. The command line or else `RUST_TEST_THREADS` sets how many tests run at a time, as in
/// suites that use libtest: tests that wait for a machine to boot leave a processor idle.
pub fn arguments() -> Arguments {
    let mut arguments = Arguments::from_args();
    let named = std::env::var("RUST_TEST_THREADS").ok();
    let named = named.and_then(|threads| threads.parse().ok());
    arguments.test_threads = arguments.test_threads.or(named);
    arguments
}

#[cfg(test)]
mod tests {
    use super::neighbours_apart;

    #[test]
    fn nothing_is_lost() {
        assert_eq!(neighbours_apart(vec![1, 2, 3, 4, 5]), [1, 4, 2, 5, 3]);
        assert_eq!(neighbours_apart(vec![1, 2, 3, 4]), [1, 3, 2, 4]);
        assert_eq!(neighbours_apart(vec![1]), [1]);
        assert!(neighbours_apart(Vec::<u8>::new()).is_empty());
    }
}
