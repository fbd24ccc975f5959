//! Which functions get the shortest indexes.
//!
//! A call contains the function's index: one byte below 128, two below 16,384, else three. So the functions that are
//! called from most places come first. All others stay in link order, which keeps related functions together and
//! helps compression.

/// The new order of functions, as positions in the old one. `uses` says how many references each one has; `imports`
/// is the number of imported functions, whose indexes come first.
pub(crate) fn by_use(uses: &[u32], imports: u32) -> Vec<u32> {
    let count = uses.len();
    let mut order: Vec<u32> = (0..count as u32).collect();
    let mut from = 0;
    for limit in [1usize << 7, 1 << 14] {
        let room = limit.saturating_sub(imports as usize).saturating_sub(from);
        let rest = &mut order[from..];
        if room >= rest.len() {
            break;
        }
        if room == 0 {
            continue;
        }
        let key = |at: &u32| (std::cmp::Reverse(uses[*at as usize]), *at);
        rest.select_nth_unstable_by_key(room, key);
        let (short, long) = rest.split_at_mut(room);
        short.sort_unstable();
        long.sort_unstable();
        from += room;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_used_come_first() {
        let mut uses = vec![1; 200];
        (uses[150], uses[199], uses[10]) = (9, 5, 7);
        let order = by_use(&uses, 125);
        assert_eq!(order[..5], [10, 150, 199, 0, 1]);
        assert_eq!(order.len(), 200);
        let mut all = order.clone();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..200));
    }

    #[test]
    fn few_functions_stay_as_they_are() {
        assert!(by_use(&[0, 9, 3], 5).into_iter().eq(0..3));
        assert!(by_use(&[], 0).is_empty());
    }

    #[test]
    fn many_imports_and_many_functions() {
        let mut uses = vec![0; 20_000];
        (uses[19_999], uses[19_000]) = (3, 2);
        let order = by_use(&uses, 1000);
        assert_eq!(order[15_382..15_385], [19_000, 19_999, 15_382]);
        // Imports take all one-byte indexes.
        assert_eq!(order[..3], [0, 1, 2]);
        let order = by_use(&uses, 126);
        assert_eq!(order[..3], [19_000, 19_999, 0]);
    }
}
