//! Picks the modules that are wanted and all that they need, in the order in which they load.
//!
//! Every module that is taken has a reason, so that the list can be shown; modules that are wanted
//! and missing are reported together, each with who wants it.

use std::collections::{BTreeMap, BTreeSet};

use super::alias::normal;
use super::error::{Absent, Error};
use super::modules::Modules;
use crate::packing::Packing;

/// The longest chain of Debian's modules has 11.
const MOST_DEEP: usize = 64;

/// Something that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Names or aliases: all that exist are taken, and one is enough.
    pub names: Vec<String>,
    /// For whom or what, in a few words.
    pub why: String,
    /// Whether it is an error if there is none.
    pub must: bool,
    /// Whether the user wrote the name, and may have misspelt it.
    pub typed: bool,
}

/// A module that is taken.
#[derive(Clone, PartialEq, Eq)]
pub struct PickedModule {
    pub name: String,
    /// Where it goes, from the top and without a packing's ending:
    /// `lib/modules/6.1.0/kernel/fs/fat/vfat.ko`.
    pub path: String,
    /// The module, unpacked.
    pub bytes: Vec<u8>,
    /// For whom or what.
    pub why: String,
    /// Whether the machine is of use without it.
    pub optional: bool,
}

impl std::fmt::Debug for PickedModule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} ({} bytes): {}",
            self.path,
            self.bytes.len(),
            self.why
        )
    }
}

/// The result of picking.
#[derive(Clone, Debug, Default)]
pub struct Picked {
    /// In the order in which they have to be loaded.
    pub modules: Vec<PickedModule>,
    /// What was wanted and is built into the kernel: name and purpose.
    pub builtin: Vec<(String, String)>,
    /// Optional modules that do not exist.
    pub left_out: Vec<Absent>,
    /// Firmware that the modules may ask for, as paths below `lib/firmware/`.
    pub firmware: Vec<String>,
}

impl Modules<'_> {
    /// Takes what is wanted and all that it needs.
    ///
    /// # Errors
    /// If required modules are missing, damaged, or depend on each other in a circle.
    pub fn pick(&self, wanted: &[Wanted]) -> Result<Picked, Error> {
        let mut pick = Pick {
            modules: self,
            picked: Picked::default(),
            absent: Vec::new(),
            seen: BTreeSet::new(),
            chain: Vec::new(),
            depth: 0,
            depends: BTreeMap::new(),
        };
        for one in wanted {
            let mut found = false;
            for name in &one.names {
                let (modules, builtin) = self.answers(name);
                found |= !modules.is_empty() || !builtin.is_empty();
                for name in builtin {
                    pick.builtin(name, &one.why);
                }
                for name in modules {
                    pick.visit(name, &one.why, !one.must)?;
                }
            }
            if !found {
                let absent = self.absent(&one.names, &one.why, one.typed);
                match one.must {
                    true => pick.absent.push(absent),
                    false => pick.picked.left_out.push(absent),
                }
            }
        }
        if pick.absent.is_empty() {
            // What a module needs comes before it, and is needed as much.
            let mut must: BTreeSet<&String> = BTreeSet::new();
            for module in pick.picked.modules.iter_mut().rev() {
                module.optional &= !must.contains(&module.name);
                if !module.optional {
                    must.extend(&pick.depends[&module.name]);
                }
            }
            let firmware = &mut pick.picked.firmware;
            firmware.sort();
            firmware.dedup();
            return Ok(pick.picked);
        }
        Err(Error::Absent {
            version: self.version().to_owned(),
            absent: pick.absent,
            builtin_known: self.builtin_known,
        })
    }
}

/// A depth-first walk over the modules' dependencies.
struct Pick<'m, 's> {
    modules: &'m Modules<'s>,
    picked: Picked,
    absent: Vec<Absent>,
    /// Modules that are taken or being visited.
    seen: BTreeSet<String>,
    /// The path from the wanted module to the one being visited.
    chain: Vec<String>,
    /// How many `post:` soft dependencies are on that path.
    depth: usize,
    /// The hard dependencies of each module.
    depends: BTreeMap<String, Vec<String>>,
}

impl Pick<'_, '_> {
    fn visit(&mut self, name: &str, why: &str, optional: bool) -> Result<(), Error> {
        if !self.seen.insert(name.to_owned()) {
            // It may be required now, and have been optional when it was first met.
            let known = self
                .picked
                .modules
                .iter_mut()
                .find(|module| module.name == name);
            if let Some(known) = known {
                known.optional &= optional;
            }
            return Ok(());
        }
        if self.chain.len() + self.depth >= MOST_DEEP {
            let first = self.chain.first().map_or(name, String::as_str);
            return Err(Error::TooDeep(first.to_owned(), MOST_DEEP));
        }
        self.chain.push(name.to_owned());
        let path = self.modules.files[name];
        let (bytes, info) = self.modules.read(path)?;
        self.modules.check(name, &info)?;
        self.soft(name, &info.pre)?;
        for needed in &info.depends {
            let needed = normal(needed);
            let why = format!("needed by `{name}`");
            if let Some(at) = self.chain.iter().position(|one| *one == needed) {
                let mut circle = self.chain.split_off(at);
                circle.push(needed);
                return Err(Error::Circle(circle));
            }
            if self.modules.files.contains_key(&needed) {
                self.visit(&needed, &why, optional)?;
            } else if !self.modules.builtin.contains(&needed) {
                let absent = self.modules.absent(&[needed], &why, false);
                self.absent.push(absent);
            }
        }
        let depends = info.depends.iter().map(|name| normal(name)).collect();
        self.depends.insert(name.to_owned(), depends);
        self.picked.firmware.extend(info.firmware);
        self.picked.modules.push(PickedModule {
            name: name.to_owned(),
            path: Packing::of_name(path).0.to_owned(),
            bytes,
            why: why.to_owned(),
            optional,
        });
        self.chain.pop();
        // Chains of soft dependencies have the same limit as those of hard ones.
        self.depth += 1;
        self.soft(name, &info.post)?;
        self.depth -= 1;
        Ok(())
    }

    /// Visits soft dependencies (`pre:` and `post:` of `softdep`). Circles among them are not an
    /// error.
    fn soft(&mut self, name: &str, wishes: &[String]) -> Result<(), Error> {
        let modules = self.modules;
        let why = format!("wished by `{name}`");
        for wish in wishes {
            for module in modules.answers(wish).0 {
                self.visit(module, &why, true)?;
            }
        }
        Ok(())
    }

    fn builtin(&mut self, name: &str, why: &str) {
        let builtin = (name.to_owned(), why.to_owned());
        if !self.picked.builtin.contains(&builtin) {
            self.picked.builtin.push(builtin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Source;
    use crate::kernel::image;
    use crate::kernel::modinfo::test::module;
    use crate::kernel::source::test::memory;
    use crate::packing::pack;
    use object::elf;

    const KERNEL: &str = "boot/vmlinuz-6.1";

    fn source(files: &[(&str, Vec<u8>)]) -> Source {
        let kernel = (KERNEL, image::test::arm64("6.1", 1));
        memory(files.iter().cloned().chain([kernel]))
    }

    fn arm64(lines: &[&str]) -> Vec<u8> {
        module(
            elf::EM_AARCH64,
            &[&["vermagic=6.1 SMP aarch64"], lines].concat(),
        )
    }

    fn want(names: &[&str], must: bool) -> Wanted {
        Wanted {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            why: "a test".to_owned(),
            must,
            typed: true,
        }
    }

    fn pick(files: &[(&str, Vec<u8>)], wanted: &[Wanted]) -> Result<Picked, Error> {
        let source = source(files);
        let kernel = image::read(&source, KERNEL).unwrap();
        Modules::open(&source, &kernel)?.pick(wanted)
    }

    fn names(picked: &Picked) -> Vec<&str> {
        picked
            .modules
            .iter()
            .map(|module| module.name.as_str())
            .collect()
    }

    #[test]
    fn needs_come_before_and_wishes_around() {
        let files = [
            (
                "lib/modules/6.1/kernel/fs/ext4.ko",
                arm64(&[
                    "depends=jbd2,crc16",
                    "softdep=pre: crypto-crc32c gone post: after",
                ]),
            ),
            (
                "lib/modules/6.1/kernel/fs/jbd2.ko.xz",
                pack(Packing::Xz, &arm64(&["depends=crc-16"])),
            ),
            (
                "lib/modules/6.1/kernel/lib/crc-16.ko.gz",
                pack(Packing::Gzip, &arm64(&[])),
            ),
            (
                "lib/modules/6.1/kernel/crypto/crc32c_generic.ko.zst",
                pack(Packing::Zstd, &arm64(&["alias=crypto-crc32c"])),
            ),
            ("lib/modules/6.1/kernel/after.ko", arm64(&["depends=ext4"])),
            ("lib/modules/6.1/kernel/unused.ko", b"damaged".to_vec()),
            (
                "lib/modules/6.1/modules.builtin",
                b"kernel/lib/crc16.ko\nkernel/fs/vfat.ko\n".to_vec(),
            ),
            (
                "lib/modules/6.1/modules.builtin.modinfo",
                b"pl011.alias=of:N*T*Carm,pl011\0pl011.license=GPL\0".to_vec(),
            ),
        ];
        let wanted = [
            want(&["ext4"], true),
            want(&["vfat"], true),
            want(&["of:NuartT(null)Carm,pl011"], true),
            want(&["squashfs", "erofs"], false),
        ];
        let picked = pick(&files, &wanted).unwrap();
        assert_eq!(
            names(&picked),
            ["crc32c_generic", "crc_16", "jbd2", "ext4", "after"]
        );
        let optional: Vec<_> = picked
            .modules
            .iter()
            .map(|module| module.optional)
            .collect();
        assert_eq!(optional, [true, false, false, false, true]);
        assert_eq!(
            picked.modules[1].path,
            "lib/modules/6.1/kernel/lib/crc-16.ko"
        );
        assert_eq!(picked.modules[1].bytes, arm64(&[]));
        assert_eq!(picked.modules[1].why, "needed by `jbd2`");
        assert_eq!(picked.modules[3].why, "a test");
        let builtin: Vec<_> = picked
            .builtin
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(builtin, ["vfat", "pl011"]);
        assert_eq!(picked.left_out[0].names, ["squashfs", "erofs"]);
    }

    #[test]
    fn aliases_of_devices_find_their_drivers() {
        let files = [
            (
                "lib/modules/6.1/a.ko",
                arm64(&[
                    "alias=of:N*T*Cbrcm,bcm2835-sdhostC*",
                    "alias=of:N*T*Cbrcm,bcm2835-sdhost",
                ]),
            ),
            ("lib/modules/6.1/b.ko", arm64(&["alias=virtio:d00000002v*"])),
        ];
        let find = |alias| pick(&files, &[want(&[alias], true)]);
        for alias in [
            "of:NmmcT(null)Cbrcm,bcm2835-sdhost",
            "of:N*T*Cbrcm,bcm2835-sdhost*",
        ] {
            assert_eq!(names(&find(alias).unwrap()), ["a"], "{alias}");
        }
        assert_eq!(names(&find("virtio:d00000002v00001af4").unwrap()), ["b"]);
        assert!(find("virtio:d00000001v00001af4").is_err());
    }

    #[test]
    fn what_is_wrong_is_said_with_whose_wish_it_was() {
        let files = [
            ("lib/modules/6.1/a.ko", arm64(&["depends=b,nowhere"])),
            ("lib/modules/6.1/b.ko", arm64(&["depends=c"])),
            ("lib/modules/6.1/c.ko", arm64(&[])),
            ("lib/modules/6.1/x.ko", arm64(&["depends=y"])),
            ("lib/modules/6.1/y.ko", arm64(&["depends=x"])),
            (
                "lib/modules/6.1/old.ko",
                module(elf::EM_AARCH64, &["vermagic=5.10 SMP"]),
            ),
            (
                "lib/modules/6.1/arm.ko",
                module(elf::EM_ARM, &["vermagic=6.1 SMP"]),
            ),
            ("lib/modules/6.1/damaged.ko", b"damaged".to_vec()),
            (
                "lib/modules/6.1/cut.ko.xz",
                pack(Packing::Xz, &arm64(&[]))[..40].to_vec(),
            ),
            ("lib/modules/6.1/p.ko", arm64(&["softdep=pre: q"])),
            ("lib/modules/6.1/q.ko", arm64(&["softdep=pre: p"])),
        ];
        let text = |names: &[&str]| {
            let wanted: Vec<_> = names.iter().map(|name| want(&[name], true)).collect();
            pick(&files, &wanted)
                .unwrap_err()
                .into_diagnostic()
                .to_string()
        };
        let missing = text(&["a", "dammaged"]);
        assert!(
            missing.contains("`nowhere` (needed by `a`), `dammaged` (a test)"),
            "{missing}"
        );
        assert!(missing.contains("did you mean `damaged`?"), "{missing}");
        assert!(missing.contains("no `modules.builtin`"), "{missing}");
        assert!(text(&["x"]).contains("circle: x -> y -> x"));
        assert!(text(&["old"]).contains("`old` is for `5.10`, the kernel is `6.1`"));
        assert!(text(&["arm"]).contains("is for `arm`, the kernel is `arm64`"));
        assert!(text(&["damaged"]).contains("damaged.ko` is damaged: it is not an ELF file"));
        assert!(text(&["cut"]).contains("cut.ko.xz` is damaged"));
        assert_eq!(
            names(&pick(&files, &[want(&["p"], true)]).unwrap()),
            ["q", "p"]
        );
        let other = [("lib/modules/6.2/a.ko", arm64(&[]))];
        let error = pick(&other, &[]).unwrap_err().into_diagnostic().to_string();
        assert!(error.contains("modules for `6.2`"), "{error}");
    }

    #[test]
    fn chains_without_end_end() {
        let paths: Vec<_> = (0..100)
            .map(|number| format!("lib/modules/6.1/m{number}.ko"))
            .collect();
        let module = |number: usize| arm64(&[&format!("depends=m{}", number + 1)]);
        let files: Vec<_> = (0..100)
            .map(|number| (paths[number].as_str(), module(number)))
            .collect();
        let error = pick(&files, &[want(&["m0"], true)]).unwrap_err();
        assert!(error.to_string().contains("more than 64"), "{error}");
    }

    #[test]
    fn modules_that_were_added_replace_those_of_the_kernel() {
        let files = [
            ("lib/modules/6.1/kernel/a.ko", arm64(&[])),
            ("lib/modules/6.1/updates/a.ko", arm64(&[])),
        ];
        let picked = pick(&files, &[want(&["a"], true)]).unwrap();
        assert_eq!(picked.modules[0].path, "lib/modules/6.1/updates/a.ko");
    }
    #[test]
    fn aliases_are_kept_until_a_module_changes() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().join("top");
        let cache = directory.path().join("cache");
        let at = |name: &str| top.join("lib/modules/6.1").join(name);
        std::fs::create_dir_all(at("")).unwrap();
        std::fs::write(top.join("Image"), image::test::arm64("6.1", 1)).unwrap();
        std::fs::write(at("a.ko"), arm64(&["alias=one"])).unwrap();
        let names = |alias: &str| {
            let source = Source::open(std::slice::from_ref(&top), &cache).unwrap();
            let kernel = image::read(&source, "Image").unwrap();
            let modules = Modules::open(&source, &kernel).unwrap();
            modules
                .pick(&[want(&[alias], true)])
                .map(|picked| picked.modules.len())
        };
        let kept = || -> Vec<_> {
            let entries = std::fs::read_dir(&cache).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        for _ in 0..2 {
            assert_eq!(names("one").unwrap(), 1);
            assert_eq!(kept().len(), 1);
        }
        // A different cached list gives different results.
        std::fs::write(&kept()[0], "aliases 1 1\na\tother\n").unwrap();
        assert_eq!(names("other").unwrap(), 1);
        // A truncated list is made again.
        std::fs::write(&kept()[0], "aliases 1 1\n").unwrap();
        assert_eq!(names("one").unwrap(), 1);
        std::fs::write(at("a.ko"), arm64(&["alias=two", "alias=three"])).unwrap();
        assert_eq!(names("two").unwrap(), 1);
        assert!(names("one").is_err());
        assert_eq!(kept().len(), 2);
    }
}
