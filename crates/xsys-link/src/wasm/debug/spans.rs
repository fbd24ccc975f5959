//! What is kept of a section: spans of the input, one behind the other.

/// A range of the input with its new offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Start in the input.
    pub from: u32,
    /// End in the input.
    pub to: u32,
    /// Start in what is kept.
    pub out: u32,
}

/// Spans in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    list: Vec<Span>,
    size: u32,
}

impl Spans {
    /// Appends a span, which must not be before others. Returns its new offset.
    #[inline]
    pub(super) fn push(&mut self, from: u32, to: u32) -> u32 {
        let out = self.size;
        self.size += to - from;
        match self.list.last_mut() {
            Some(last) if last.to == from && last.out + (from - last.from) == out => last.to = to,
            _ => self.list.push(Span { from, to, out }),
        }
        out
    }

    /// Reserves space for bytes that are not in the input. Returns their offset.
    pub(super) fn reserve(&mut self, size: u32) -> u32 {
        let out = self.size;
        self.size += size;
        out
    }

    /// Builds spans from ranges in any order, which may overlap.
    pub(super) fn of(mut parts: Vec<(u32, u32)>) -> Self {
        parts.sort_unstable();
        let mut spans = Spans::default();
        let mut end = 0;
        for (from, to) in parts {
            let from = from.max(end);
            if from < to {
                spans.push(from, to);
                end = to;
            }
        }
        spans
    }

    /// The spans.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Span> {
        self.list.iter()
    }

    /// Copies the spans of `bytes`.
    pub(super) fn copy(&self, bytes: &[u8]) -> Vec<u8> {
        let mut image = Vec::with_capacity(self.size as usize);
        for span in &self.list {
            // Space that was reserved before the span.
            image.resize(span.out as usize, 0);
            image.extend_from_slice(&bytes[span.from as usize..span.to as usize]);
        }
        image.resize(self.size as usize, 0);
        image
    }

    /// Size of what is kept.
    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// The new offset of an offset in the input. If it is not in a span, that is where the next one starts.
    pub(super) fn place(&self, offset: u32) -> u32 {
        let after = self.list.partition_point(|span| span.from <= offset);
        match after.checked_sub(1).map(|at| self.list[at]) {
            Some(span) => span.out + (offset.min(span.to) - span.from),
            None => 0,
        }
    }

    /// Calls `each` for the items of a list that are in spans, with their new offsets. The items have to be in
    /// ascending order.
    #[inline]
    pub(super) fn each_within<T>(
        &self,
        items: &[T],
        offset: impl Fn(&T) -> u32,
        mut each: impl FnMut(u32, &T),
    ) {
        let mut rest = items;
        for span in &self.list {
            let skipped = rest.iter().take_while(|item| offset(item) < span.from);
            rest = &rest[skipped.count()..];
            let inside = rest.iter().take_while(|item| offset(item) < span.to);
            let (inside, after) = rest.split_at(inside.count());
            for item in inside {
                each(offset(item) - span.from + span.out, item);
            }
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let spans = Spans::of(vec![(20, 30), (0, 4), (25, 32), (4, 6), (50, 50)]);
        assert_eq!(spans.size(), 18);
        let list: Vec<_> = spans.iter().map(|s| (s.from, s.to, s.out)).collect();
        assert_eq!(list, [(0, 6, 0), (20, 32, 6)]);
        let places: Vec<_> = [0, 5, 6, 19, 20, 31, 32, 99]
            .iter()
            .map(|&offset| spans.place(offset))
            .collect();
        assert_eq!(places, [0, 5, 6, 6, 6, 17, 18, 18]);
        let mut inside = Vec::new();
        let each = |place, &at: &u32| inside.push((place, at));
        spans.each_within(&[3, 7, 21, 40], |&at| at, each);
        assert_eq!(inside, [(3, 3), (7, 21)]);
        assert_eq!(Spans::default().place(7), 0);
    }
}
