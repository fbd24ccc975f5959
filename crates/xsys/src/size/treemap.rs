//! Rectangles whose areas are sizes: a squarified treemap.
//!
//! Spec: Bruls, Huizing, van Wijk, "Squarified Treemaps" (2000): rows are filled along the shorter side
//! as long as that makes their rectangles less oblong.

/// A rectangle, in the unit of the outermost one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// A rectangle for each size; sizes are sorted, the largest first, and none is zero.
pub(super) fn layout(sizes: &[u64], mut rest: Rect) -> Vec<Rect> {
    let mut out = Vec::with_capacity(sizes.len());
    let total: f64 = sizes.iter().map(|&size| size as f64).sum();
    let scale = rest.width * rest.height / total.max(1.0);
    let areas: Vec<f64> = sizes.iter().map(|&size| size as f64 * scale).collect();
    let mut start = 0;
    while start < areas.len() {
        let side = rest.width.min(rest.height);
        let mut end = start + 1;
        while end < areas.len()
            && worst(&areas[start..=end], side) <= worst(&areas[start..end], side)
        {
            end += 1;
        }
        rest = row(&areas[start..end], rest, &mut out);
        start = end;
    }
    out
}

/// The aspect ratio of the most oblong rectangle in a row.
fn worst(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let thickness = sum / side;
    let ratio = |area: f64| {
        let length = area / thickness;
        (length / thickness).max(thickness / length)
    };
    row.iter().map(|&area| ratio(area)).fold(0.0, f64::max)
}

/// Places a row along the shorter side, and returns the remaining rectangle.
fn row(areas: &[f64], rest: Rect, out: &mut Vec<Rect>) -> Rect {
    let sum: f64 = areas.iter().sum();
    let upright = rest.width >= rest.height;
    let thickness = match upright {
        true => sum / rest.height,
        false => sum / rest.width,
    };
    let (mut x, mut y) = (rest.x, rest.y);
    for area in areas {
        let length = area / thickness;
        if upright {
            out.push(Rect {
                x,
                y,
                width: thickness,
                height: length,
            });
            y += length;
        } else {
            out.push(Rect {
                x,
                y,
                width: length,
                height: thickness,
            });
            x += length;
        }
    }
    match upright {
        true => Rect {
            x: rest.x + thickness,
            width: (rest.width - thickness).max(0.0),
            ..rest
        },
        false => Rect {
            y: rest.y + thickness,
            height: (rest.height - thickness).max(0.0),
            ..rest
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_sizes_and_nothing_overlaps() {
        let whole = Rect {
            x: 0.0,
            y: 0.0,
            width: 600.0,
            height: 400.0,
        };
        let sizes = [6, 6, 4, 3, 2, 2, 1];
        let rects = layout(&sizes, whole);
        for (rect, size) in rects.iter().zip(sizes) {
            let area = rect.width * rect.height;
            assert!(
                (area - f64::from(size as u32) * 10_000.0).abs() < 1e-6,
                "{rect:?}"
            );
            assert!(rect.x >= 0.0 && rect.x + rect.width <= 600.0 + 1e-6);
            assert!(rect.y >= 0.0 && rect.y + rect.height <= 400.0 + 1e-6);
        }
        for (at, a) in rects.iter().enumerate() {
            for b in &rects[at + 1..] {
                let apart = a.x + a.width <= b.x + 1e-6
                    || b.x + b.width <= a.x + 1e-6
                    || a.y + a.height <= b.y + 1e-6
                    || b.y + b.height <= a.y + 1e-6;
                assert!(apart, "{a:?} {b:?}");
            }
        }
        // The paper's example: the first two are above each other.
        assert_eq!((rects[0].width, rects[0].height), (300.0, 200.0));
        assert!(layout(&[], whole).is_empty());
    }
}
