//! How full the memory regions are.
//!
//! Problem: on a small chip people want to know after every link how much is left. Regions are counted
//! both as run-time memory and as load memory.
//!
//! Spec: GNU ld manual, `--print-memory-usage`.

use crate::elf::layout::Layout;

/// A memory region of the finished image.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RegionUsage {
    /// Its name.
    pub name: String,
    /// ORIGIN
    pub origin: u64,
    /// LENGTH in bytes
    pub length: u64,
    /// Bytes from ORIGIN to the end of the last section.
    pub used: u64,
}

/// Usage of all regions.
pub(crate) fn regions(layout: &Layout<'_>) -> Vec<RegionUsage> {
    layout
        .regions
        .iter()
        .map(|region| RegionUsage {
            name: region.name.clone(),
            origin: region.origin,
            length: region.length,
            used: region.used(),
        })
        .collect()
}

/// The table of `--print-memory-usage`.
pub(crate) fn table(usage: &[RegionUsage]) -> String {
    let mut out = "Memory region         Used Size  Region Size  %age Used\n".to_owned();
    for region in usage {
        let percent = if region.length == 0 {
            0.0
        } else {
            region.used as f64 * 100.0 / region.length as f64
        };
        out += &format!(
            "{:>16}: {:>13} {:>12} {:>9.2}%\n",
            region.name,
            bytes(region.used),
            bytes(region.length),
            percent
        );
    }
    out
}

/// Whole KB and MB are written as such, as GNU ld does.
fn bytes(n: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    match UNITS
        .iter()
        .find(|(unit, _)| n >= *unit && n.is_multiple_of(*unit))
    {
        Some((unit, name)) => format!("{} {name}", n / unit),
        None => format!("{n} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_are_named() {
        let usage = [RegionUsage {
            name: "FLASH".into(),
            origin: 0,
            length: 0x40000,
            used: 1000,
        }];
        assert_eq!(
            table(&usage),
            "Memory region         Used Size  Region Size  %age Used\n           FLASH:        1000 B       256 KB      0.38%\n"
        );
    }
}
