//! The rules that the tidy test holds the sources against.

use std::path::Path;

use super::Crate;
use super::circles::room;

/// Folders whose parts stand in an order: what comes later may refer to what comes before, never the other way.
pub const ORDERS: &[(&str, &str, &[&str])] = &[];

/// Arrows that go against [`ORDERS`].
pub fn against_the_order(one: &Crate) -> Vec<String> {
    let mut found = Vec::new();
    for (name, folder, order) in ORDERS {
        if *name != one.name {
            continue;
        }
        let folder = Path::new(folder);
        let place = |path: &Path| {
            let room = room(path, folder)?;
            order.iter().position(|known| *known == room)
        };
        for arrow in &one.arrows {
            let (from, to) = (&one.files[arrow.from], &one.files[arrow.to]);
            if let (Some(a), Some(b)) = (place(&from.path), place(&to.path))
                && a < b
            {
                found.push(format!(
                    "{}:{} refers to {} ({})",
                    from.path.display(),
                    arrow.line,
                    to.path.display(),
                    arrow.path
                ));
            }
        }
    }
    found
}
