//! The rules of the tidy test. What breaks one today is listed in `tests/tidy.toml`, with a number that may shrink
//! but never grow. What no longer breaks a rule has to leave the list.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Crate;
use super::circles::room;

/// The longest a file may be, in lines.
pub const FILE_LINES: usize = 700;

/// The longest a function may be, in lines.
pub const FUNCTION_LINES: usize = 100;

/// Directories whose parts are in an order: each may refer to those before it, never to those after it.
/// A directory's root has a place in the order only if it is named, since its parts may share what is in it.
pub const ORDERS: &[Order] = &[
    Order {
        krate: "xsys",
        folder: "",
        parts: &[
            "error",
            "ui",
            "children",
            "render",
            "files",
            "programs",
            "own_program",
            "variables",
            "cli",
            "component",
            "archiver",
            "fetch",
            "flash",
            "wasm_engine",
            "images",
            "project",
            "c_code",
            "linker",
            "cc",
            "web",
            "launch",
            "harness",
            "driver",
            "runner",
            "size",
            "appliance",
            "fleet",
            "commands",
            "lib",
            "main",
            "launcher",
            "bin",
        ],
    },
    Order {
        krate: "xsys",
        folder: "driver",
        parts: &[
            "library_flags",
            "build_std",
            "artifacts",
            "which",
            "linking",
            "defaults",
            "plan",
            "unstable",
            "lost_records",
            "host_linker",
            "link_inputs",
            "cargo",
            "clean",
            "plain_cargo",
            "any_cargo",
            "report",
            "mod",
        ],
    },
    Order {
        krate: "xsys-image",
        folder: "",
        parts: &[
            "digest",
            "packing",
            "part",
            "disk",
            "kernel",
            "load",
            "bin",
            "component",
            "hex",
            "srec",
            "uf2",
            "strip",
            "test_elf",
        ],
    },
    Order {
        krate: "xsys-image",
        folder: "disk",
        parts: &["sparse", "bmap", "part", "compress", "fat", "table"],
    },
    Order {
        krate: "xsys-image",
        folder: "kernel",
        parts: &[
            "arch",
            "error",
            "kept",
            "files",
            "tarball",
            "deb",
            "directory",
            "boot_partition",
            "source",
            "header",
            "image",
            "alias",
            "boot_files",
            "modinfo",
            "modules",
            "pick",
            "needs",
            "tree",
            "initramfs",
            "squashfs",
        ],
    },
    Order {
        krate: "xsys-link",
        folder: "elf",
        parts: &[
            "consts",
            "ids",
            "names",
            "object",
            "compressed",
            "arch",
            "load",
            "symbols",
            "sections",
            "live",
            "layout",
            "synthetic",
            "place",
            "assign",
            "relocate",
            "relocatable",
            "reports",
            "write",
            "mod",
        ],
    },
    Order {
        krate: "xsys-link",
        folder: "wasm",
        parts: &[
            "leb",
            "name_table",
            "ids",
            "reloc",
            "object",
            "options",
            "load",
            "symbols",
            "live",
            "features",
            "code",
            "debug",
            "index",
            "layout",
            "synthetic",
            "relocate",
            "assign",
            "relocatable",
            "reports",
            "write",
            "mod",
            "command",
        ],
    },
];

/// Where machines of ELF may be named (`EM_…`): crate and directory.
pub const MACHINES: (&str, &str) = ("xsys-link", "elf/arch");

/// An order of the parts of a directory.
pub struct Order {
    pub krate: &'static str,
    /// Below `src`.
    pub folder: &'static str,
    /// Files and directories in it, without `.rs`.
    pub parts: &'static [&'static str],
}

/// What breaks a rule, by its name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Known {
    /// Files that are longer than [`FILE_LINES`], with their lines.
    pub files: BTreeMap<String, usize>,
    /// Functions that are longer than [`FUNCTION_LINES`], with their lines.
    pub functions: BTreeMap<String, usize>,
    /// Crates with circles, and how many files are in them.
    pub circles: BTreeMap<String, usize>,
    /// Files outside `arch/` that name machines, and how many.
    pub machines: BTreeMap<String, usize>,
    /// Files without a head.
    pub headless: BTreeMap<String, usize>,
}

/// What breaks the rules now, in the form of the list.
pub fn found(crates: &[Crate]) -> Known {
    let mut known = Known::default();
    for one in crates {
        let in_circles = one.circles().iter().map(Vec::len).sum();
        if in_circles > 0 {
            known.circles.insert(one.name.clone(), in_circles);
        }
        for file in &one.files {
            let place = format!("{}/src/{}", one.name, file.path.display());
            if file.lines > FILE_LINES {
                known.files.insert(place.clone(), file.lines);
            }
            if !file.has_head {
                known.headless.insert(place.clone(), 1);
            }
            for function in file.functions.iter().filter(|f| f.lines > FUNCTION_LINES) {
                let name = format!("{place} {}", function.name);
                known.functions.insert(name, function.lines);
            }
            let named = file.machines.len();
            let allowed = one.name == MACHINES.0 && file.path.starts_with(MACHINES.1);
            if named > 0 && !allowed && one.name == MACHINES.0 {
                known.machines.insert(place, named);
            }
        }
    }
    known
}

/// Where the sources and the list differ: what grew or is new, and what the list should no longer have.
pub fn differences(
    rule: &str,
    found: &BTreeMap<String, usize>,
    listed: &BTreeMap<String, usize>,
) -> Vec<String> {
    let mut out = Vec::new();
    for (name, measure) in found {
        match listed.get(name) {
            None => out.push(format!("{rule}: {name} ({measure}) breaks the rule")),
            Some(limit) if measure > limit => {
                out.push(format!("{rule}: {name} grew from {limit} to {measure}"));
            }
            Some(_) => {}
        }
    }
    for name in listed.keys().filter(|name| !found.contains_key(*name)) {
        out.push(format!(
            "{rule}: {name} keeps the rule now; take it off tests/tidy.toml"
        ));
    }
    out
}

/// Arrows that go against [`ORDERS`], and parts of such directories that no order names.
pub fn against_the_order(one: &Crate) -> Vec<String> {
    let mut found = Vec::new();
    for order in ORDERS.iter().filter(|order| order.krate == one.name) {
        let folder = Path::new(order.folder);
        let place = |path: &Path| {
            let room = room(path, folder)?;
            order.parts.iter().position(|known| *known == room)
        };
        for file in &one.files {
            let root = file.path.parent() == Some(folder)
                && matches!(room(&file.path, folder), Some("mod" | "lib" | "main"));
            if file.path.starts_with(folder) && !root && place(&file.path).is_none() {
                found.push(format!("{} has no place in the order", file.path.display()));
            }
        }
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
