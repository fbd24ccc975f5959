//! In which order the tests of a suite run.
//!
//! Problem: tests that stand next to each other are for the same machine. Run side by side, the second
//! waits until the first has compiled their standard library, and meanwhile a processor idles, for much
//! of such a build is one compiler at a time. So the second half of the list is shuffled into the first:
//! what runs at the same time is for different machines, and a library is there when the next test of its
//! machine begins.

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
