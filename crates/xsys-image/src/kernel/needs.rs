//! What machines need of a kernel: drivers for the storage they boot from, for the network, and for their clocks and
//! watchdogs.
//!
//! Names are those of mainline kernels (Debian's) and of Raspberry Pi's own, which differ: for each need, all modules
//! that a kernel has are taken, built-in ones count. A required one that is missing is an error when the image is
//! built, instead of a board that does not answer.

use super::arch::Arch::{self, Arm, Arm64};
use super::pick::Wanted;

/// Drivers for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// In a few words, for lists and messages.
    pub what: &'static str,
    /// One is enough; all that exist are taken.
    pub names: &'static [&'static str],
    /// Whether the machine is of no use without it.
    pub must: bool,
}

/// A device tree by its two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceTree {
    /// The model.
    pub model: &'static str,
    /// What the firmware looks for unless config.txt says another name.
    pub vendor: &'static str,
    /// What mainline kernels, and so distributions, call it.
    pub mainline: &'static str,
}

/// A machine, or models that boot the same files.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// What users type.
    pub name: &'static str,
    pub title: &'static str,
    /// What programs are built for by default: what all its models run, with all features they share.
    pub target: &'static str,
    /// For each architecture that it runs, the best first, what the kernel is called on a boot
    /// partition of Raspberry Pi OS.
    pub kernels: &'static [(Arch, &'static [&'static str])],
    pub device_trees: &'static [DeviceTree],
    /// Files that must lie beside the kernel.
    pub firmware: &'static [&'static str],
    pub needs: &'static [&'static [Need]],
}

const fn must(what: &'static str, names: &'static [&'static str]) -> Need {
    let must = true;
    Need { what, names, must }
}

const fn may(what: &'static str, names: &'static [&'static str]) -> Need {
    let must = false;
    Need { what, names, must }
}

const fn tree(model: &'static str, vendor: &'static str, mainline: &'static str) -> DeviceTree {
    DeviceTree {
        model,
        vendor,
        mainline,
    }
}

const VIRT: &[Need] = &[
    must("virtual devices", &["virtio_mmio", "virtio_pci"]),
    must("disks", &["virtio_blk"]),
    must("network", &["virtio_net"]),
    may("random numbers", &["virtio_rng"]),
    may("clock", &["rtc_pl031"]),
    may("watchdog", &["i6300esb"]),
];

/// All Pis up to 3, whose SD host is the one of the BCM2835.
const SD_HOST: &[Need] = &[must(
    "SD card",
    &["bcm2835", "bcm2835_sdhost", "bcm2835_mmc", "sdhci_iproc"],
)];

const BCM2835: &[Need] = &[
    may("watchdog", &["bcm2835_wdt"]),
    may("random numbers", &["bcm2835_rng", "iproc_rng200"]),
    may("temperature", &["bcm2835_thermal", "bcm2711_thermal"]),
    may("processor's clock", &["raspberrypi_cpufreq"]),
    may("undervoltage", &["raspberrypi_hwmon"]),
];

/// The network of models whose only bus is USB.
const USB_ETHERNET: &[Need] = &[
    must("USB, which the network is on", &["dwc2", "dwc_otg"]),
    may("USB, which the network is on", &["phy_generic"]),
    must("network", &["smsc95xx", "lan78xx"]),
    may("network", &["smsc", "microchip"]),
];

const USB: &[Need] = &[
    may("USB", &["dwc2", "dwc_otg"]),
    may("USB", &["phy_generic"]),
];

const PI_4: &[Need] = &[
    must("SD card", &["sdhci_iproc"]),
    // They switch the card's voltage; without them it does not appear.
    must("SD card's voltage", &["gpio_regulator"]),
    must("SD card's voltage", &["fixed"]),
    may("SD card's voltage", &["gpio_raspberrypi_exp"]),
    must("network", &["genet", "bcmgenet"]),
    may("network", &["broadcom"]),
    may("network", &["mdio_bcm_unimac"]),
    may("USB", &["pcie_brcmstb"]),
    may("USB", &["reset_raspberrypi"]),
    may("USB", &["xhci_pci"]),
];

const PI_5: &[Need] = &[
    must("SD card", &["sdhci_brcmstb"]),
    may("SD card's voltage", &["gpio_regulator"]),
    may("SD card's voltage", &["fixed"]),
    may("SD card's voltage", &["gpio_brcmstb"]),
    must("the chip that the network is on", &["rp1", "rp1_pci"]),
    may("the chip that the network is on", &["pcie_brcmstb"]),
    may("the chip that the network is on", &["clk_rp1"]),
    may("the chip that the network is on", &["pinctrl_rp1"]),
    must("network", &["macb"]),
    may("network", &["broadcom"]),
    may("USB", &["dwc3"]),
    may("USB", &["xhci_plat_hcd"]),
    may("clock", &["rtc_rpi"]),
];

/// What is on the disks of every appliance: a boot partition and a data partition.
const DISKS: &[Need] = &[
    must("boot partition", &["vfat"]),
    must("names on the boot partition", &["nls_cp437"]),
    must(
        "names on the boot partition",
        &["nls_ascii", "nls_iso8859_1"],
    ),
    must("data partition", &["ext4"]),
    // Its checksums; kernels since 6.14 have them without a module.
    may("data partition", &["crc32c_generic"]),
];

/// What a root in SquashFS needs besides: the file is a disk, and other files are laid over it.
pub const ROOT: &[Need] = &[
    must("root in SquashFS", &["squashfs"]),
    must("root in SquashFS", &["loop"]),
    must("root in SquashFS", &["overlay"]),
];

/// What an appliance can have besides, by the name that users type.
pub const EXTRAS: &[(&str, &[Need])] = &[
    (
        "squashfs",
        &[must("squashfs", &["squashfs"]), may("squashfs", &["loop"])],
    ),
    ("loop", &[must("files as disks", &["loop"])]),
    ("overlay", &[must("overlays", &["overlay"])]),
    ("f2fs", &[must("f2fs", &["f2fs"])]),
    ("verity", &[must("checked disks", &["dm_verity"])]),
    ("wifi", &[must("Wi-Fi", &["brcmfmac"])]),
    (
        "usb-ethernet",
        &[must(
            "network by USB",
            &[
                "r8152",
                "asix",
                "ax88179_178a",
                "cdc_ether",
                "cdc_ncm",
                "smsc95xx",
            ],
        )],
    ),
    (
        "usb-storage",
        &[
            must("disks by USB", &["usb_storage"]),
            may("disks by USB", &["uas"]),
            must("disks by USB", &["sd_mod"]),
        ],
    ),
];

/// All 64-bit models.
const AARCH64: &str = "aarch64-unknown-linux-musl";
/// ARMv7 with a floating-point unit.
const ARMV7: &str = "armv7-unknown-linux-musleabihf";
/// ARMv6 with a floating-point unit.
const ARMV6: &str = "arm-unknown-linux-musleabihf";

const OLD_FIRMWARE: &[&str] = &["bootcode.bin", "start.elf", "fixup.dat"];

/// Every machine that is known.
pub const MACHINES: [Machine; 7] = [
    Machine {
        name: "qemu-virt",
        title: "QEMU's `virt`",
        target: AARCH64,
        kernels: &[(Arm64, &["kernel8.img"]), (Arm, &["kernel7.img"])],
        device_trees: &[],
        firmware: &[],
        needs: &[VIRT, DISKS],
    },
    Machine {
        name: "raspberry-pi-zero",
        title: "Raspberry Pi Zero, Zero W and 1",
        target: ARMV6,
        kernels: &[(Arm, &["kernel.img"])],
        device_trees: &[
            tree("Zero W", "bcm2708-rpi-zero-w.dtb", "bcm2835-rpi-zero-w.dtb"),
            tree("Zero", "bcm2708-rpi-zero.dtb", "bcm2835-rpi-zero.dtb"),
            tree("1 B+", "bcm2708-rpi-b-plus.dtb", "bcm2835-rpi-b-plus.dtb"),
            tree("1 B", "bcm2708-rpi-b.dtb", "bcm2835-rpi-b.dtb"),
        ],
        firmware: OLD_FIRMWARE,
        needs: &[SD_HOST, USB, BCM2835, DISKS],
    },
    Machine {
        name: "raspberry-pi-2",
        title: "Raspberry Pi 2",
        target: ARMV7,
        kernels: &[(Arm, &["kernel7.img"])],
        device_trees: &[
            tree("2 B", "bcm2709-rpi-2-b.dtb", "bcm2836-rpi-2-b.dtb"),
            tree("2 B 1.2", "bcm2710-rpi-2-b.dtb", "bcm2836-rpi-2-b.dtb"),
        ],
        firmware: OLD_FIRMWARE,
        needs: &[SD_HOST, USB_ETHERNET, BCM2835, DISKS],
    },
    Machine {
        name: "raspberry-pi-3",
        title: "Raspberry Pi 3",
        target: AARCH64,
        kernels: &[(Arm64, &["kernel8.img"]), (Arm, &["kernel7.img"])],
        device_trees: &[
            tree("3 B", "bcm2710-rpi-3-b.dtb", "bcm2837-rpi-3-b.dtb"),
            tree(
                "3 B+",
                "bcm2710-rpi-3-b-plus.dtb",
                "bcm2837-rpi-3-b-plus.dtb",
            ),
            tree(
                "3 A+",
                "bcm2710-rpi-3-b-plus.dtb",
                "bcm2837-rpi-3-a-plus.dtb",
            ),
            tree(
                "Compute Module 3",
                "bcm2710-rpi-cm3.dtb",
                "bcm2837-rpi-cm3-io3.dtb",
            ),
        ],
        firmware: OLD_FIRMWARE,
        needs: &[SD_HOST, USB_ETHERNET, BCM2835, DISKS],
    },
    Machine {
        name: "raspberry-pi-zero-2",
        title: "Raspberry Pi Zero 2 W",
        target: AARCH64,
        kernels: &[(Arm64, &["kernel8.img"]), (Arm, &["kernel7.img"])],
        device_trees: &[tree(
            "Zero 2 W",
            "bcm2710-rpi-zero-2-w.dtb",
            "bcm2837-rpi-zero-2-w.dtb",
        )],
        firmware: OLD_FIRMWARE,
        needs: &[SD_HOST, USB, BCM2835, DISKS],
    },
    Machine {
        name: "raspberry-pi-4",
        title: "Raspberry Pi 4, 400 and Compute Module 4",
        target: AARCH64,
        kernels: &[(Arm64, &["kernel8.img"]), (Arm, &["kernel7l.img"])],
        device_trees: &[
            tree("4 B", "bcm2711-rpi-4-b.dtb", "bcm2711-rpi-4-b.dtb"),
            tree("400", "bcm2711-rpi-400.dtb", "bcm2711-rpi-400.dtb"),
            tree(
                "Compute Module 4",
                "bcm2711-rpi-cm4.dtb",
                "bcm2711-rpi-cm4-io.dtb",
            ),
        ],
        firmware: &["start4.elf", "fixup4.dat"],
        needs: &[PI_4, BCM2835, DISKS],
    },
    Machine {
        name: "raspberry-pi-5",
        title: "Raspberry Pi 5, 500 and Compute Module 5",
        target: AARCH64,
        kernels: &[(Arm64, &["kernel_2712.img", "kernel8.img"])],
        device_trees: &[
            tree("5 B", "bcm2712-rpi-5-b.dtb", "bcm2712-rpi-5-b.dtb"),
            tree(
                "5 B of 2024",
                "bcm2712d0-rpi-5-b.dtb",
                "bcm2712-d-rpi-5-b.dtb",
            ),
            tree("500", "bcm2712-rpi-500.dtb", "bcm2712-rpi-500.dtb"),
            tree(
                "Compute Module 5",
                "bcm2712-rpi-cm5-cm5io.dtb",
                "bcm2712-rpi-cm5-cm5io.dtb",
            ),
        ],
        firmware: &[],
        needs: &[PI_5, BCM2835, DISKS],
    },
];

/// A machine by name.
pub fn machine(name: &str) -> Option<&'static Machine> {
    MACHINES.iter().find(|machine| machine.name == name)
}

/// An extra by name.
pub fn extra(name: &str) -> Option<&'static [Need]> {
    let found = EXTRAS.iter().find(|(extra, _)| *extra == name);
    found.map(|(_, needs)| *needs)
}

impl Machine {
    /// What its kernel is called on a boot partition, the best first.
    pub fn kernel_names(&self, arch: Arch) -> &'static [&'static str] {
        let found = self.kernels.iter().find(|(of, _)| *of == arch);
        found.map_or(&[], |(_, names)| names)
    }

    /// What its kernel is called on a card that is made for it. `config.txt` names it as well, but these names are
    /// familiar.
    pub fn card_kernel(&self, arch: Arch) -> &'static str {
        self.kernel_names(arch)
            .last()
            .copied()
            .unwrap_or("kernel.img")
    }

    /// The version of the Arm architecture that all its models have; from 8 on they have 64 bits.
    pub fn arm_version(&self) -> u8 {
        match self.target {
            ARMV6 => 6,
            ARMV7 => 7,
            _ => 8,
        }
    }

    /// Debian's package with a kernel for it, and the architecture that has the package.
    pub fn debian_kernel(&self) -> (&'static str, &'static str) {
        match self.target {
            ARMV6 => ("linux-image-…-rpi", "armel"),
            ARMV7 => ("linux-image-…-armmp", "armhf"),
            _ => ("linux-image-…-arm64", "arm64"),
        }
    }

    /// What it needs of its kernel, in the order in which it is wanted.
    pub fn wanted(&self) -> Vec<Wanted> {
        self.needs.iter().flat_map(|needs| wanted(needs)).collect()
    }
}

/// Needs as what modules are picked by.
pub fn wanted(needs: &[Need]) -> Vec<Wanted> {
    let one = |need: &Need| Wanted {
        names: need.names.iter().map(|name| (*name).to_owned()).collect(),
        why: need.what.to_owned(),
        must: need.must,
        typed: false,
    };
    needs.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_can_boot_and_has_disks() {
        for machine in &MACHINES {
            let wanted = machine.wanted();
            assert!(
                wanted
                    .iter()
                    .any(|want| want.must && want.why == "data partition")
            );
            assert!(wanted.iter().all(|want| !want.names.is_empty()));
            let names: Vec<_> = wanted.iter().flat_map(|want| &want.names).collect();
            // Names are written as they are compared.
            assert!(names.iter().all(|name| !name.contains('-')), "{names:?}");
            assert_eq!(super::machine(machine.name).unwrap().title, machine.title);
            assert!(!machine.kernels.is_empty());
            let wide = machine.kernels[0].0 == Arm64;
            assert_eq!(wide, machine.arm_version() >= 8, "{}", machine.name);
        }
        let pi = machine("raspberry-pi-5").unwrap();
        assert_eq!(pi.kernel_names(Arm64)[0], "kernel_2712.img");
        assert!(pi.kernel_names(Arm).is_empty());
        assert!(extra("wifi").is_some() && extra("nothing").is_none());
    }
}
