//! QEMU's machines that can start cards.

use xsys_image::kernel::needs;

/// A machine of QEMU's that is a Pi.
pub(super) struct Board {
    pub qemu: &'static str,
    /// The appliance's machine.
    pub machine: &'static str,
    /// Its device tree, as the firmware calls it.
    pub device_tree: &'static str,
    /// Kernel parameters for what QEMU lacks.
    pub arguments: &'static str,
}

pub(super) const BOARDS: [Board; 3] = [
    Board {
        qemu: "raspi0",
        machine: "raspberry-pi-zero",
        device_tree: "bcm2708-rpi-zero.dtb",
        // The driver reads registers that QEMU does not have, which raises an exception on an
        // ARMv6.
        arguments: " initcall_blacklist=bcm2835_power_driver_init",
    },
    Board {
        qemu: "raspi2b",
        machine: "raspberry-pi-2",
        device_tree: "bcm2709-rpi-2-b.dtb",
        arguments: "",
    },
    Board {
        qemu: "raspi3b",
        machine: "raspberry-pi-3",
        device_tree: "bcm2710-rpi-3-b.dtb",
        arguments: "",
    },
];

/// QEMU's machine of virtual devices.
pub(super) const VIRT: &str = "virt";

/// QEMU's machines that cards start on.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    std::iter::once(VIRT).chain(BOARDS.iter().map(|board| board.qemu))
}

/// QEMU's machine that fits a card best. `virt` has a network, and a processor that runs everything except kernels for
/// ARMv6.
pub(super) fn fitting(machine: &needs::Machine) -> &'static str {
    let own = BOARDS.iter().find(|board| board.machine == machine.name);
    match own {
        Some(board) if machine.arm_version() < 7 => board.qemu,
        _ => VIRT,
    }
}
