//! The devices of `-mmcu=`: their memories, vectors and instruction sets.
//!
//! Problem: avr-gcc brings a start file and a memory layout for each device. Rust's AVR crates have
//! neither linker scripts nor start code of their own, so the linker needs the few numbers that
//! differ. Sources: the devices' data sheets (memories, "Interrupts"), in bytes throughout.
//!
//! A device that is not listed links with the sizes of GNU ld's default script and without start code.

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Device {
    /// As `-mmcu=` and `-Ctarget-cpu=` spell it.
    pub name: &'static str,
    /// The architecture's number in `e_flags`.
    pub arch: u8,
    /// Flash.
    pub flash: u32,
    /// First address of the internal RAM, in the data address space.
    pub ram_start: u32,
    /// Internal RAM.
    pub ram: u32,
    /// EEPROM.
    pub eeprom: u32,
    /// Interrupt vectors with the reset vector.
    pub vectors: u8,
}

impl Device {
    /// A vector is a `jmp` where there is one.
    pub(super) fn long_vectors(&self) -> bool {
        !matches!(self.arch, 2 | 25 | 4)
    }

    /// Flash beyond 64 KiB takes `elpm` and RAMPZ to read.
    pub(super) fn reads_far(&self) -> bool {
        self.flash > 0x1_0000
    }

    /// Return addresses have three bytes, and indirect calls take EIND.
    pub(super) fn has_eind(&self) -> bool {
        self.arch == 6
    }

    /// The last address of the RAM, where the stack begins.
    pub(super) fn ram_end(&self) -> u32 {
        self.ram_start + self.ram - 1
    }
}

const fn row(
    name: &'static str,
    arch: u8,
    flash: u32,
    ram_start: u32,
    ram: u32,
    eeprom: u32,
    vectors: u8,
) -> Device {
    Device {
        name,
        arch,
        flash,
        ram_start,
        ram,
        eeprom,
        vectors,
    }
}

const K: u32 = 1024;

/// By family.
#[rustfmt::skip]
const DEVICES: &[Device] = &[
    row("atmega48", 4, 4 * K, 0x100, 512, 256, 26),
    row("atmega48a", 4, 4 * K, 0x100, 512, 256, 26),
    row("atmega48p", 4, 4 * K, 0x100, 512, 256, 26),
    row("atmega48pa", 4, 4 * K, 0x100, 512, 256, 26),
    row("atmega88", 4, 8 * K, 0x100, K, 512, 26),
    row("atmega88a", 4, 8 * K, 0x100, K, 512, 26),
    row("atmega88p", 4, 8 * K, 0x100, K, 512, 26),
    row("atmega88pa", 4, 8 * K, 0x100, K, 512, 26),
    row("atmega168", 5, 16 * K, 0x100, K, 512, 26),
    row("atmega168a", 5, 16 * K, 0x100, K, 512, 26),
    row("atmega168p", 5, 16 * K, 0x100, K, 512, 26),
    row("atmega168pa", 5, 16 * K, 0x100, K, 512, 26),
    row("atmega328", 5, 32 * K, 0x100, 2 * K, K, 26),
    row("atmega328p", 5, 32 * K, 0x100, 2 * K, K, 26),
    row("atmega328pb", 5, 32 * K, 0x100, 2 * K, K, 45),
    row("atmega8", 4, 8 * K, 0x60, K, 512, 19),
    row("atmega8a", 4, 8 * K, 0x60, K, 512, 19),
    row("atmega16", 5, 16 * K, 0x60, K, 512, 21),
    row("atmega16a", 5, 16 * K, 0x60, K, 512, 21),
    row("atmega32", 5, 32 * K, 0x60, 2 * K, K, 21),
    row("atmega32a", 5, 32 * K, 0x60, 2 * K, K, 21),
    row("atmega64", 5, 64 * K, 0x100, 4 * K, 2 * K, 35),
    row("atmega64a", 5, 64 * K, 0x100, 4 * K, 2 * K, 35),
    row("atmega128", 51, 128 * K, 0x100, 4 * K, 4 * K, 35),
    row("atmega128a", 51, 128 * K, 0x100, 4 * K, 4 * K, 35),
    row("atmega164p", 5, 16 * K, 0x100, K, 512, 31),
    row("atmega164pa", 5, 16 * K, 0x100, K, 512, 31),
    row("atmega324p", 5, 32 * K, 0x100, 2 * K, K, 31),
    row("atmega324pa", 5, 32 * K, 0x100, 2 * K, K, 31),
    row("atmega644", 5, 64 * K, 0x100, 4 * K, 2 * K, 28),
    row("atmega644p", 5, 64 * K, 0x100, 4 * K, 2 * K, 31),
    row("atmega644pa", 5, 64 * K, 0x100, 4 * K, 2 * K, 31),
    row("atmega1284", 51, 128 * K, 0x100, 16 * K, 4 * K, 35),
    row("atmega1284p", 51, 128 * K, 0x100, 16 * K, 4 * K, 35),
    row("atmega640", 5, 64 * K, 0x200, 8 * K, 4 * K, 57),
    row("atmega1280", 51, 128 * K, 0x200, 8 * K, 4 * K, 57),
    row("atmega1281", 51, 128 * K, 0x200, 8 * K, 4 * K, 57),
    row("atmega2560", 6, 256 * K, 0x200, 8 * K, 4 * K, 57),
    row("atmega2561", 6, 256 * K, 0x200, 8 * K, 4 * K, 57),
    row("atmega16u4", 5, 16 * K, 0x100, 1280, 512, 43),
    row("atmega32u4", 5, 32 * K, 0x100, 2560, K, 43),
    row("at90usb162", 35, 16 * K, 0x100, 512, 512, 29),
    row("atmega8u2", 35, 8 * K, 0x100, 512, 512, 29),
    row("atmega16u2", 35, 16 * K, 0x100, 512, 512, 29),
    row("atmega32u2", 35, 32 * K, 0x100, K, K, 29),
    row("at90usb646", 5, 64 * K, 0x100, 4 * K, 2 * K, 38),
    row("at90usb647", 5, 64 * K, 0x100, 4 * K, 2 * K, 38),
    row("at90usb1286", 51, 128 * K, 0x100, 8 * K, 4 * K, 38),
    row("at90usb1287", 51, 128 * K, 0x100, 8 * K, 4 * K, 38),
    row("attiny13", 25, K, 0x60, 64, 64, 10),
    row("attiny13a", 25, K, 0x60, 64, 64, 10),
    row("attiny25", 25, 2 * K, 0x60, 128, 128, 15),
    row("attiny45", 25, 4 * K, 0x60, 256, 256, 15),
    row("attiny85", 25, 8 * K, 0x60, 512, 512, 15),
    row("attiny24", 25, 2 * K, 0x60, 128, 128, 17),
    row("attiny44", 25, 4 * K, 0x60, 256, 256, 17),
    row("attiny84", 25, 8 * K, 0x60, 512, 512, 17),
    row("attiny84a", 25, 8 * K, 0x60, 512, 512, 17),
    row("attiny261", 25, 2 * K, 0x60, 128, 128, 19),
    row("attiny461", 25, 4 * K, 0x60, 256, 256, 19),
    row("attiny861", 25, 8 * K, 0x60, 512, 512, 19),
    row("attiny2313", 25, 2 * K, 0x60, 128, 128, 19),
    row("attiny2313a", 25, 2 * K, 0x60, 128, 128, 21),
    row("attiny4313", 25, 4 * K, 0x60, 256, 256, 21),
    row("attiny48", 25, 4 * K, 0x100, 256, 64, 20),
    row("attiny88", 25, 8 * K, 0x100, 512, 64, 20),
    row("attiny87", 25, 8 * K, 0x100, 512, 512, 20),
    row("attiny167", 35, 16 * K, 0x100, 512, 512, 20),
];

/// The device of that name.
pub(super) fn find(name: &str) -> Option<&'static Device> {
    DEVICES.iter().find(|device| device.name == name)
}

/// All names, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DEVICES.iter().map(|device| device.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_plausible() {
        let mut names: Vec<&str> = names().collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for device in DEVICES {
            let name = device.name;
            assert!(device.flash.is_power_of_two(), "{name}");
            assert!(device.eeprom.is_power_of_two(), "{name}");
            assert!([0x60, 0x100, 0x200].contains(&device.ram_start), "{name}");
            // The size of the flash and the architecture agree.
            let limits = match device.arch {
                25 | 4 => (0, 8 * K),
                5 | 35 => (8 * K, 64 * K),
                51 => (128 * K, 128 * K),
                6 => (256 * K, 256 * K),
                other => panic!("{name}: avr{other}"),
            };
            assert!((limits.0..=limits.1).contains(&device.flash), "{name}");
        }
        assert_eq!(find("atmega328p").map(Device::ram_end), Some(0x8ff));
        assert_eq!(find("attiny85").map(Device::ram_end), Some(0x25f));
        assert_eq!(find("atmega2560").map(Device::ram_end), Some(0x21ff));
        assert_eq!(find("avr5"), None);
    }
}
