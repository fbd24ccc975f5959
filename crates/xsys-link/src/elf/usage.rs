//! How full the memory regions are, and who fills them.
//!
//! Problem: "will not fit" is useless without "by how much" and "because of what". Regions are
//! counted in both roles, as run-time memory and as load memory; an overflow lists the largest
//! sections and the largest symbols in the region, by crate.
//!
//! Spec: GNU ld manual, `--print-memory-usage`.

use std::collections::BTreeMap;

use object::elf;
use xsys_diag::Diagnostic;

use super::layout::Layout;
use super::object::SymbolPlace;
use super::resolve::Resolution;
use super::sections::Sections;

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
pub fn regions(layout: &Layout<'_>) -> Vec<RegionUsage> {
    layout
        .regions
        .iter()
        .map(|region| RegionUsage {
            name: region.name.clone(),
            origin: region.origin,
            length: region.length,
            used: region.cursor.wrapping_sub(region.origin),
        })
        .collect()
}

/// The table of `--print-memory-usage`.
pub fn table(usage: &[RegionUsage]) -> String {
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

/// One error for a region that is too small.
pub fn overflow(
    resolution: &Resolution<'_>,
    sections: &Sections,
    layout: &Layout<'_>,
    index: usize,
) -> Diagnostic {
    let region = &layout.regions[index];
    let used = region.cursor.wrapping_sub(region.origin);
    let over = used.saturating_sub(region.length);
    let mut diagnostic = Diagnostic::error(format!(
        "region `{}` overflows by {over} byte{}",
        region.name,
        if over == 1 { "" } else { "s" }
    ))
    .note(format!(
        "{used} bytes are needed, the region has {} ({:#x} at {:#x})",
        region.length, region.length, region.origin
    ));

    let mut in_region: Vec<(u64, String, bool)> = Vec::new();
    let mut by_crate: BTreeMap<String, u64> = BTreeMap::new();
    let mut symbols: Vec<(u64, String, String)> = Vec::new();
    for (output, extent) in layout.placement.outputs.iter().zip(&layout.extents) {
        let loaded_here = extent.load_region == Some(index) && extent.region != Some(index);
        let counts = output.present
            && output.is_alloc()
            && extent.size > 0
            && (extent.region == Some(index)
                || (loaded_here && output.sh_type != elf::SHT_NOBITS.0));
        if !counts {
            continue;
        }
        in_region.push((extent.size, output.name.clone(), loaded_here));
        for id in output.inputs() {
            let Some((file, section)) = sections.origin(id) else {
                continue;
            };
            let object = &resolution.files[file.0 as usize];
            let size = sections.outline(resolution, id).size;
            *by_crate.entry(crate_of(&object.name)).or_default() += size;
            if size < 64 {
                continue;
            }
            for symbol in (1..object.symbols.len()).map(|i| object.symbols.get(i)) {
                if symbol.place == SymbolPlace::Section(section)
                    && matches!(symbol.kind(), 1 | 2)
                    && symbol.size >= 64
                {
                    symbols.push((
                        symbol.size,
                        super::demangle(object.symbols.name(&symbol)),
                        crate_of(&object.name),
                    ));
                }
            }
        }
    }
    let list = |mut rows: Vec<(u64, String)>, limit: usize| {
        rows.sort_by(|a, b| b.cmp(a));
        let lines: Vec<String> = rows
            .iter()
            .take(limit)
            .map(|(size, text)| format!("  {size:>9}  {text}"))
            .collect();
        lines.join("\n")
    };
    let rows = in_region
        .into_iter()
        .map(|(size, name, load)| {
            (
                size,
                if load {
                    format!("{name} (its initial values)")
                } else {
                    name
                },
            )
        })
        .collect();
    diagnostic = diagnostic.note(format!("sections in it, by bytes:\n{}", list(rows, 8)));
    let rows: Vec<(u64, String)> = by_crate
        .into_iter()
        .map(|(name, size)| (size, name))
        .collect();
    if !rows.is_empty() {
        diagnostic = diagnostic.note(format!("by crate:\n{}", list(rows, 8)));
    }
    let rows: Vec<(u64, String)> = symbols
        .into_iter()
        .map(|(size, name, from)| (size, format!("{name} ({from})")))
        .collect();
    if !rows.is_empty() {
        diagnostic = diagnostic.note(format!("largest symbols:\n{}", list(rows, 10)));
    }
    diagnostic.help("shrink what is at the top (for a debug build: build with `--release`, or `opt-level = \"s\"`), or enlarge the region if the chip has more memory")
}

/// The crate that an object comes from: `libfoo-0123abcd.rlib(member)` or `foo-0123abcd.x.rcgu.o`.
pub fn crate_of(name: &super::object::ObjectName<'_>) -> String {
    let file = name
        .path
        .file_name()
        .map(|f| f.to_string_lossy().into_owned())
        .unwrap_or_default();
    let stem = file
        .strip_prefix("lib")
        .filter(|_| name.member.is_some())
        .unwrap_or(&file);
    let end = stem.find(['.']).unwrap_or(stem.len());
    let stem = &stem[..end];
    match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::object::ObjectName;
    use super::*;

    #[test]
    fn crates_are_told_from_file_names() {
        let name = |path, member| {
            crate_of(&ObjectName {
                path: Path::new(path),
                member,
            })
        };
        assert_eq!(
            name("/x/libcore-0123456789abcdef.rlib", Some("core.o")),
            "core"
        );
        assert_eq!(
            name("/x/hello-0123456789abcdef.hello.1-cgu.0.rcgu.o", None),
            "hello"
        );
        assert_eq!(name("/x/libc.a", Some("printf.lo")), "c");
    }

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
