//! The card of a program without an operating system, read by the reader of FAT that xsys has for firmware's sake, and the
//! program on it started in QEMU, which has no firmware of a Pi.

use std::fs::File;
use std::process::Command;

use xsys_image::disk::fat::Reader;
use xsys_image::disk::part::partitions;
use xsys_image::part::Part;
use xsys_tests::project::{Place, find_program, run, skip};

#[test]
fn the_program_on_a_card_starts() {
    let place = Place::outside("bare-card");
    run(&mut place.xsys("new blink --board raspberry-pi-3")).ends_with(0);
    let place = Place {
        folder: place.path("blink"),
    };
    for name in ["bootcode.bin", "start.elf", "fixup.dat"] {
        place.write(&format!("firmware/{name}"), name);
    }
    let description = "firmware = \"firmware\"\nconfig-txt = [\"gpu_mem=16\"]\n[image]\nboot = 34\n\
                       [files]\n\"/notes/name.txt\" = { text = \"blink\" }\n";
    place.write("appliance.toml", description);
    let built = run(&mut place.xsys("build --release")).ends_with(0);
    built.tells("blink.img");
    run(&mut place.xsys("build --release")).tells("unchanged");

    let out = place.path("target/raspberry-pi-3/release");
    let mut card = File::open(out.join("blink.img")).unwrap();
    let parts = partitions(&mut card).unwrap();
    assert_eq!(parts.len(), 1);
    let part = Part::new(card.into(), parts[0].start, parts[0].end - parts[0].start);
    let boot = Reader::open(part).unwrap();
    let read = |name: &str| boot.read(name, 1 << 20).unwrap();
    assert_eq!(
        String::from_utf8(read("config.txt")).unwrap(),
        "kernel=kernel8.img\narm_64bit=1\nenable_uart=1\nkernel_address=0x80000\ngpu_mem=16\n"
    );
    assert_eq!(read("start.elf"), b"start.elf");
    assert_eq!(read("notes/name.txt"), b"blink");
    let kernel = place.path("from-card.img");
    std::fs::write(&kernel, read("kernel8.img")).unwrap();
    let manifest = String::from_utf8(read("manifest.json")).unwrap();
    assert!(
        manifest.contains("\"machine\": \"raspberry-pi-3\""),
        "{manifest}"
    );

    // What it is made of: the program with its crates, its own files, and no kernel.
    let beside = std::fs::read_to_string(out.join("blink.manifest.json")).unwrap();
    assert_eq!(manifest, beside);
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["programs"][0]["package"], "blink");
    assert_eq!(manifest["programs"][0]["version"], "0.1.0");
    assert!(manifest["rustc"].as_str().unwrap().contains(" ("));
    assert_eq!(manifest["files"][0]["path"], "/notes/name.txt");
    assert_eq!(manifest["files"][0]["size"], 5);
    let list = std::fs::read_to_string(out.join("blink.sbom.json")).unwrap();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["compositions"][0]["aggregate"], "complete");
    let names: Vec<_> = list["components"].as_array().unwrap().iter().collect();
    let names: Vec<_> = names
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(names.contains(&"/notes/name.txt"), "{names:?}");
    assert!(
        names.contains(&"blink") && names.contains(&"std"),
        "{names:?}"
    );
    assert!(
        !names.contains(&"linux") && !names.contains(&"musl"),
        "{names:?}"
    );
    run(&mut place.xsys("fleet diff target/raspberry-pi-3/release target/raspberry-pi-3/release"))
        .ends_with(0);

    match find_program("qemu-system-aarch64") {
        None => skip("bare card", "qemu-system-aarch64 is not installed"),
        Some(qemu) => {
            let mut command = Command::new(qemu);
            command.args([
                "-M",
                "raspi3b",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-semihosting",
            ]);
            let ran = run(command.arg("-kernel").arg(&kernel)).ends_with(0);
            assert!(ran.stdout.contains("7 checks, 0 failed"), "{}", ran.stdout);
        }
    }
    // A file in the place of the firmware's settings.
    let text = "firmware = \"firmware\"\n[files]\n\"/config.txt\" = { text = \"gpu_mem=16\" }\n";
    place.write("appliance.toml", text);
    run(&mut place.xsys("build --release"))
        .ends_with(101)
        .tells("`config.txt` is on the card already");
    std::fs::remove_dir_all(place.folder.parent().unwrap()).unwrap();
}
