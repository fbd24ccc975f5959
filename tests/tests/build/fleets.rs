//! A fleet from sources to cards: what is shared is made once, what has not changed is left alone, one broken device does not
//! stop the others, a killed builder leaves nothing half, and secrets are nowhere but in the cards.
//!
//! The kernel is a header and a list of what would be built into it: nothing is booted here.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use xsys_image::disk::fat::Reader;
use xsys_image::disk::part::partitions;
use xsys_image::packing::Packing;
use xsys_image::part::Part;
use xsys_tests::project::{Place, Ran, copy_folder, kill_group, own_group, run};

/// In a file, in a variable of the environment, and one in a template.
const SECRETS: [&str; 3] = ["horse-battery-1", "staple-of-shop-2", "correct-pin-3"];

const FLEET: &str = r#"
name = "shops"
version = "7"

[programs.quiet]
package = "p"
[programs.loud]
package = "p"
features = ["loud"]

[kernels.arm64]
paths = "kernel"

[base]
programs = ["quiet"]
machine = "qemu-virt"
files = { "/etc/city" = { text = "{{ device }} in {{ city }}\n" }, "/etc/motd" = "motd" }
[base.image]
boot = 8
data = 4
[base.variables]
city = "Ulm"

[groups.loud]
programs = ["loud"]

[devices.shop-1]
image = { formats = ["img.zst"] }
secrets = { token = { file = "secrets/one" } }
files = { "/etc/token" = { secret = "token", user = 1000, mode = 0o400 } }

[devices.shop-2]
group = "loud"
variables = { city = "Linz" }
secrets = { token = { env = "SHOP_2" } }
files = { "/etc/token" = { secret = "token" } }

[devices.shop-3]
secrets = { pin = { file = "secrets/three" } }
files = { "/etc/pin" = { template = "pin" }, "/usr/x" = { text = "" } }

[devices.shop-4]
image = { root = "squashfs" }
"#;

/// A second fleet of the workspace has devices of the same names; those of the first stay.
fn anothers(place: &Place, made: &BTreeMap<PathBuf, Vec<u8>>) {
    place.write(
        "second/fleet.toml",
        "[kernels.made]\npaths = \"../kernel\"\n[devices.shop-1]\n",
    );
    let mut second = place.xsys("fleet build");
    second.current_dir(place.path("second"));
    run(&mut second)
        .ends_with(1)
        .tells("has images of another fleet");
    assert!(files(place) == *made, "another fleet has changed files");
}

/// A fleet with its kernel.
fn fleet(name: &str) -> Place {
    let place = Place::new("build", name);
    place.write(
        "Cargo.toml",
        "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[features]\nloud = []\n[workspace]\n",
    );
    place.write(
        "src/main.rs",
        "fn main() { println!(\"{}\", if cfg!(feature = \"loud\") { \"HELLO\" } else { \"hello\" }); }\n",
    );
    place.write("fleet.toml", FLEET);
    place.write("motd", "welcome\n");
    place.write("pin", "pin = {{ secret.pin }}\n");
    place.write("secrets/one", SECRETS[0]);
    place.write("secrets/three", &format!("{}\n", SECRETS[2]));
    for file in ["secrets/one", "secrets/three"] {
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(place.path(file), private).unwrap();
    }
    let mut kernel = vec![0; 64];
    kernel[24] = 1 << 1 | 8;
    kernel[56..60].copy_from_slice(b"ARMd");
    kernel.extend(b"Linux version 6.1.0-made (up)\0");
    kernel.resize(8192, 0);
    place.write("kernel/boot/README", "");
    std::fs::write(place.path("kernel/boot/vmlinuz-6.1.0-made"), kernel).unwrap();
    let builtin = [
        "virtio_mmio",
        "virtio_blk",
        "virtio_net",
        "vfat",
        "nls_cp437",
        "nls_ascii",
        "ext4",
        "squashfs",
        "loop",
        "overlay",
    ];
    let builtin: String = builtin.map(|name| format!("kernel/{name}.ko\n")).concat();
    place.write("kernel/lib/modules/6.1.0-made/modules.builtin", &builtin);
    place.write("kernel/lib/modules/6.1.0-made/modules.dep", "");
    place
}

fn build(place: &Place) -> Command {
    let mut command = place.xsys("fleet build");
    command.env("SHOP_2", SECRETS[1]);
    command
}

/// All files of the output, but those that are about times.
fn files(place: &Place) -> BTreeMap<PathBuf, Vec<u8>> {
    let out = place.path("target/fleet");
    let mut found = BTreeMap::new();
    let mut folders = vec![out.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|ending| ending != "state") {
                let name = path.strip_prefix(&out).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What Linux finds in a device's archives, all in one.
fn root(place: &Place, device: &str) -> Vec<u8> {
    let path = place.path(&format!("target/fleet/{device}/{device}.img"));
    let mut disk = std::fs::File::open(path).unwrap();
    let parts = partitions(&mut disk).unwrap();
    let boot = &parts[1];
    let part = Part::new(Arc::new(disk), boot.start, boot.end - boot.start);
    let archive = Reader::open(part)
        .unwrap()
        .read("initramfs.gz", 1 << 30)
        .unwrap();
    Packing::Gzip.unpack(&archive[..], 1 << 30).unwrap()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// A secret as it is, in base64 and in hexadecimal.
fn forms(secret: &str) -> Vec<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let base64 = |bytes: &[u8]| -> String {
        let whole = bytes.chunks_exact(3);
        let bits = whole.map(|three| {
            three
                .iter()
                .fold(0, |bits, byte| bits << 8 | u32::from(*byte))
        });
        bits.flat_map(|bits| [18, 12, 6, 0].map(|by| bits >> by & 63))
            .map(|letter| char::from(LETTERS[letter as usize]))
            .collect()
    };
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), hex.to_uppercase(), hex];
    // Wherever in a group of three it begins.
    forms.extend((0..3).map(|skip| base64(&secret.as_bytes()[skip..])));
    forms
}

/// Nobody but the owner of files learns of a secret.
#[track_caller]
fn is_silent(place: &Place, ran: &[&Ran]) {
    let said: String = ran
        .iter()
        .map(|ran| format!("{}{}", ran.stdout, ran.stderr))
        .collect();
    let mut looked_at = 0;
    for form in SECRETS.iter().flat_map(|secret| forms(secret)) {
        assert!(!said.contains(&form), "{form} in {said}");
    }
    let mut folders = vec![place.path("target")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let data = path.symlink_metadata().unwrap();
            if data.is_dir() {
                folders.push(path);
                continue;
            }
            if data.permissions().mode() & 0o077 == 0 {
                continue;
            }
            looked_at += 1;
            let bytes = std::fs::read(&path).unwrap();
            // In an archive it would be compressed.
            let unpacked = Packing::of_bytes(&bytes).unpack(&bytes[..], 1 << 30);
            let unpacked = unpacked.unwrap_or_default();
            for form in SECRETS.iter().flat_map(|secret| forms(secret)) {
                let found = has(&bytes, &form) || has(&unpacked, &form);
                assert!(!found, "{form} in {}", path.display());
            }
        }
    }
    assert!(looked_at > 10);
}

fn set(place: &Place, file: &str, old: &str, new: &str) {
    let path = place.path(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{old} in {text}");
    std::fs::write(path, text.replace(old, new)).unwrap();
}

#[test]
fn a_fleet_is_made_and_only_what_changed_again() {
    let place = fleet("fleet");
    let first = run(&mut build(&place)).ends_with(0).tells("4 written");
    // One call for each set of features.
    assert_eq!(
        first.stderr.matches("Compiling p ").count(),
        2,
        "{}",
        first.stderr
    );
    let made = files(&place);
    for name in made.keys() {
        let path = place.path("target/fleet").join(name);
        let private = path.metadata().unwrap().permissions().mode() & 0o077 == 0;
        let name = name.to_string_lossy();
        let derived = [".img", ".img.zst", ".bmap"];
        if derived.iter().any(|ending| name.ends_with(ending)) {
            assert!(private, "{name}");
        } else if name.ends_with(".json") {
            assert!(!private, "{name}");
        }
    }
    assert!(made.contains_key(Path::new("shop-1/shop-1.img.zst")));
    let state = place.path("target/fleet/shop-1/.shop-1.state");
    assert_eq!(
        std::fs::metadata(state).unwrap().permissions().mode() & 0o777,
        0o600
    );
    is_silent(&place, &[&first]);

    anothers(&place, &made);

    // What is on the cards.
    let root_of = |device: &str| root(&place, device);
    let (one, two, three) = (root_of("shop-1"), root_of("shop-2"), root_of("shop-3"));
    assert!(has(&one, "shop-1 in Ulm\n") && has(&two, "shop-2 in Linz\n"));
    assert!(has(&one, SECRETS[0]) && has(&two, SECRETS[1]));
    assert!(has(&three, &format!("pin = {}\n", SECRETS[2])));
    assert!(has(&one, "hello") && has(&two, "HELLO"));
    let manifest = &made[Path::new("shop-3/shop-3.manifest.json")];
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
    assert_eq!(manifest["version"], "7");
    let pin = manifest["files"].as_array().unwrap();
    let pin = pin.iter().find(|file| file["path"] == "/etc/pin").unwrap();
    assert_eq!(pin["secrets"][0], "pin");
    assert!(pin.get("sha256").is_none() && pin.get("size").is_none());

    // One has its root in an image: programs are there, and files that nothing was made of.
    let four = root_of("shop-4");
    assert!(has(&four, "shop-4 in Ulm\n") && has(&one, "welcome\n"));
    assert!(!has(&four, "welcome\n") && !has(&four, "hello"));
    let manifest = &made[Path::new("shop-4/shop-4.manifest.json")];
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
    let motd = &manifest["files"].as_array().unwrap()[1];
    assert_eq!(
        (&motd["path"], &motd["size"]),
        (&"/etc/motd".into(), &8.into())
    );
    let image = manifest["boot"].as_array().unwrap();
    let image = image.iter().find(|part| part["path"] == "root.squashfs");
    let image = image.unwrap()["sha256"].as_str().unwrap();
    let software = &made[Path::new("shop-4/shop-4.sbom.json")];
    assert!(has(software, image));

    // Nothing has changed.
    let times = |place: &Place| -> Vec<_> {
        let names = files(place).into_keys();
        let path = |name: PathBuf| place.path("target/fleet").join(name);
        names
            .map(|name| path(name).metadata().unwrap().modified().unwrap())
            .collect()
    };
    let before = times(&place);
    run(&mut build(&place))
        .ends_with(0)
        .tells("0 written, 4 unchanged");
    assert!(times(&place) == before);

    // One has; and a secret alone changes no manifest.
    set(&place, "fleet.toml", "Linz", "Graz");
    run(&mut build(&place))
        .ends_with(0)
        .tells("1 written, 3 unchanged");
    std::fs::write(place.path("secrets/one"), "another").unwrap();
    run(&mut build(&place))
        .ends_with(0)
        .tells("1 written, 3 unchanged");
    assert!(has(&root_of("shop-1"), "another"));
    let manifest = Path::new("shop-1/shop-1.manifest.json");
    assert!(files(&place)[manifest] == made[manifest]);
    set(&place, "fleet.toml", "Graz", "Linz");
    std::fs::write(place.path("secrets/one"), SECRETS[0]).unwrap();

    // Broken ones are named, the others are made; what was there stays. Of the kernel, only one needs overlays.
    std::fs::remove_file(place.path("secrets/three")).unwrap();
    let (one, moved) = ("[devices.shop-1]", "\nvariables = { city = \"Wels\" }");
    set(&place, "fleet.toml", one, &format!("{one}{moved}"));
    let modules = "kernel/lib/modules/6.1.0-made/modules.builtin";
    let overlay = "kernel/overlay.ko\n";
    set(&place, modules, overlay, "");
    let mut command = build(&place);
    let broken = run(command.env_remove("SHOP_2"))
        .ends_with(1)
        .tells("the environment variable `SHOP_2` is not set")
        .tells("this is device `shop-2`")
        .tells("secrets/three")
        .tells("`overlay` (root in SquashFS)")
        .tells("1 written, 3 failed: `shop-2`, `shop-3`, `shop-4`");
    is_silent(&place, &[&broken]);
    assert!(has(&root_of("shop-1"), "shop-1 in Wels\n"));
    let third = Path::new("shop-3/shop-3.img");
    assert!(files(&place)[third] == made[third]);
    set(&place, "fleet.toml", moved, "");
    let loops = "kernel/loop.ko\n";
    set(&place, modules, loops, &format!("{loops}{overlay}"));
    std::fs::write(place.path("secrets/three"), format!("{}\n", SECRETS[2])).unwrap();

    // Somebody has been at an image: it is made again, as it was.
    std::fs::write(place.path("target/fleet/shop-4/shop-4.img"), "x").unwrap();
    run(&mut build(&place))
        .ends_with(0)
        .tells("3 written, 1 unchanged");
    assert!(files(&place) == made);

    // Another folder, the same bytes.
    let other = Place::new("build", "fleet-elsewhere");
    std::fs::remove_dir_all(place.path("target/release")).ok();
    for entry in ["Cargo.toml", "fleet.toml", "motd", "pin"] {
        std::fs::copy(place.path(entry), other.path(entry)).unwrap();
    }
    for folder in ["src", "secrets", "kernel"] {
        copy_folder(&place.path(folder), &other.path(folder));
    }
    let mut command = build(&other);
    run(command.args(["--jobs", "1"]))
        .ends_with(0)
        .tells("4 written");
    let others = files(&other);
    for (name, bytes) in &made {
        // The folder's name is not in it, for the fleet has a name.
        assert!(others.get(name) == Some(bytes), "{}", name.display());
    }
    killed(&place, &made);
    removed(&place);
}

/// What a device that is not in fleet.toml any more left is removed, but for files of somebody else; a device in another
/// fleet's folder is not this one's.
fn removed(place: &Place) {
    let out = place.path("target/fleet");
    std::fs::write(out.join("shop-4/shop-4.card"), "").unwrap();
    std::fs::write(out.join("shop-3/notes"), "mine").unwrap();
    std::fs::create_dir_all(out.join("own")).unwrap();
    std::fs::write(out.join("own/own.img"), "mine").unwrap();
    let text = std::fs::read_to_string(place.path("fleet.toml")).unwrap();
    let (kept, _) = text.split_once("[devices.shop-3]").unwrap();
    // A fleet beside it, with the same target folder.
    let other = place.path("other");
    std::fs::create_dir(&other).unwrap();
    let beside = text.replace("paths = \"kernel\"", "paths = \"../kernel\"");
    let beside = beside.replace("= \"motd\"", "= { text = \"\" }");
    std::fs::write(other.join("fleet.toml"), beside).unwrap();
    let mut list = place.xsys("fleet list");
    let list = run(list.current_dir(&other)).ends_with(0);
    assert_eq!(
        list.stdout.matches("not built").count(),
        4,
        "{}",
        list.stdout
    );

    std::fs::write(place.path("fleet.toml"), kept).unwrap();
    // One device alone says nothing of the others.
    run(build(place).arg("shop-1")).ends_with(0);
    assert!(out.join("shop-4/shop-4.img").is_file());
    run(&mut build(place))
        .ends_with(0)
        .tells("Removed images of `shop-3`, which is no device any more")
        .tells("shop-3 stays `notes`")
        .tells("Removed images of `shop-4`, which is no device any more")
        .tells("0 written, 2 unchanged");
    assert!(!out.join("shop-4").exists());
    let left = std::fs::read_dir(out.join("shop-3")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes"]);
    assert!(out.join("own/own.img").is_file());
    let list = run(&mut place.xsys("fleet list")).ends_with(0);
    assert!(!list.stdout.contains("shop-4"), "{}", list.stdout);
    assert!(
        list.stdout
            .ends_with("\nImages: target/fleet/DEVICE/DEVICE.img\n"),
        "{}",
        list.stdout
    );
    // It is told once.
    let again = run(&mut build(place)).ends_with(0);
    assert!(!again.stderr.contains("Removed"), "{}", again.stderr);
}

/// Builders are killed at any moment; the next completes what they began.
fn killed(place: &Place, made: &BTreeMap<PathBuf, Vec<u8>>) {
    std::fs::remove_dir_all(place.path("target/fleet")).unwrap();
    let start = Instant::now();
    run(&mut build(place)).ends_with(0);
    let whole = start.elapsed();
    let mut unfinished = 0;
    for kill in 1..=4_u32 {
        let fleet = place.path("target/fleet");
        // A builder that was killed early has not made it.
        if fleet.exists() {
            std::fs::remove_dir_all(fleet).unwrap();
        }
        let mut command = build(place);
        own_group(&mut command);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // Somewhere in its second half, where the cards are made.
        std::thread::sleep(whole / 2 + whole * kill / 10);
        kill_group(child.id());
        child.wait().unwrap();
        let left = files(place);
        // What has an image's name is an image.
        for (name, bytes) in &left {
            if let Some(made) = made.get(name) {
                assert!(bytes == made, "{} is half", name.display());
            }
        }
        unfinished += left.keys().filter(|name| is_unfinished(name)).count();
    }
    run(&mut build(place)).ends_with(0);
    assert!(files(place) == *made, "{unfinished} were unfinished");
}

fn is_unfinished(name: &Path) -> bool {
    name.extension()
        .is_some_and(|ending| ending == "unfinished")
}
