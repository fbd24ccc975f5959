//! The [`Machine`] of AVR: its names and devices, start code and helpers, and its instruction set for a link.

use object::elf;
use xsys_diag::{Diagnostic, did_you_mean};

use super::{Avr, devices, helpers, layout, startup};
use crate::elf::arch::machine::{Device, Link, Machine, Variant, variant};
use crate::elf::arch::{Arch, MachineOptions};

/// The machine.
pub(crate) struct AvrMachine;

impl Machine for AvrMachine {
    fn number(&self) -> u16 {
        elf::EM_AVR.0
    }

    fn name(&self, _is_64: bool) -> Option<&'static str> {
        Some("avr")
    }

    fn emulations(&self) -> &'static [Variant] {
        const {
            &[
                variant("avr1", 32, b'L'),
                variant("avr2", 32, b'L'),
                variant("avr25", 32, b'L'),
                variant("avr3", 32, b'L'),
                variant("avr31", 32, b'L'),
                variant("avr35", 32, b'L'),
                variant("avr4", 32, b'L'),
                variant("avr5", 32, b'L'),
                variant("avr51", 32, b'L'),
                variant("avr6", 32, b'L'),
                variant("avrtiny", 32, b'L'),
                variant("avrxmega1", 32, b'L'),
                variant("avrxmega2", 32, b'L'),
                variant("avrxmega3", 32, b'L'),
                variant("avrxmega4", 32, b'L'),
                variant("avrxmega5", 32, b'L'),
                variant("avrxmega6", 32, b'L'),
                variant("avrxmega7", 32, b'L'),
            ]
        }
    }

    fn formats(&self) -> &'static [Variant] {
        const { &[variant("elf32-avr", 32, b'L')] }
    }

    fn architecture(&self, name: &str) -> Option<Option<bool>> {
        (name.split(':').next() == Some("avr")).then_some(None)
    }

    fn open(&self, link: &Link<'_>) -> Option<Box<dyn Arch>> {
        if link.is_64 {
            return None;
        }
        Some(Box::new(Avr::new(link.e_flags)))
    }

    fn runtime(&self, options: &MachineOptions) -> Vec<(String, Vec<u8>)> {
        let Some(device) = options.device.and_then(devices::find) else {
            return Vec::new();
        };
        let start = format!("start code of {}", device.name);
        let mut made = vec![(start, startup::object(device))];
        let helpers = helpers::objects(device.arch);
        made.extend(helpers.map(|(name, bytes)| (format!("compiler helper {name}"), bytes)));
        made
    }

    fn layout(&self, options: &MachineOptions) -> Option<String> {
        Some(layout::script(options.device.and_then(devices::find)))
    }

    fn device(&self, name: &str) -> Device {
        if let Some(device) = devices::find(name) {
            return Device::Known(device.name);
        }
        // The name of an architecture says nothing about memory.
        if self.emulations().iter().any(|row| row.name == name) {
            return Device::Family;
        }
        let diagnostic = Diagnostic::warning(format!("nothing is known of the device `{name}`"))
            .note("the image gets GNU ld's default sizes (128 KiB of flash, RAM from 0x100) and no start code");
        Device::Unknown(match did_you_mean(name, devices::names()) {
            Some(close) => diagnostic.help(format!("did you mean `-mmcu={close}`")),
            None => diagnostic.help("say the sizes with `--defsym=__TEXT_REGION_LENGTH__=…`, `--defsym=__DATA_REGION_ORIGIN__=0x800060` and `--defsym=__DATA_REGION_LENGTH__=…`, and link start code that defines `__vectors`"),
        })
    }
}
