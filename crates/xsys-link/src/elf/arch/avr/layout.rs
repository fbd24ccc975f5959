//! The built-in linker script of AVR.
//!
//! AVR has two address spaces, and lld has no built-in layout for it; this one is avr-libc's.

use super::devices::Device;

/// Program memory at 0, RAM at 0x800000 plus the device's offset, `.data` loaded after `.text`.
/// The sizes are the device's; symbols, which startup code or `--defsym` may define, override them.
pub(super) fn script(device: Option<&Device>) -> String {
    let memory = match device {
        Some(device) => [device.flash, device.ram_start, device.ram, device.eeprom],
        None => [0x2_0000, 0x100, 0xffa0, 0x1_0000],
    };
    let [flash, ram_start, ram_size, eeprom] = memory;
    let region = |name: &str, flags: &str, symbol: &str, origin: u32, length: u32| {
        let (o, l) = (
            format!("__{symbol}_REGION_ORIGIN__"),
            format!("__{symbol}_REGION_LENGTH__"),
        );
        format!(
            "  {name} ({flags}) :
    ORIGIN = DEFINED({o}) ? {o} : {origin:#x},
    LENGTH = DEFINED({l}) ? {l} : {length:#x}
"
        )
    };
    let mut out = String::from("ENTRY(__vectors)\nMEMORY {\n");
    out += &region("text", "rx", "TEXT", 0, flash);
    let ram = 0x80_0000 + ram_start;
    out += &region("data", "rw!x", "DATA", ram, ram_size);
    out += &region("eeprom", "rw!x", "EEPROM", 0x81_0000, eeprom);
    out + SECTIONS
}

const SECTIONS: &str = "\
  fuse (rw!x) : ORIGIN = 0x820000, LENGTH = 1K
  lock (rw!x) : ORIGIN = 0x830000, LENGTH = 1K
  signature (rw!x) : ORIGIN = 0x840000, LENGTH = 1K
}
SECTIONS {
  .text : {
    KEEP(*(.vectors))
    *(.progmem.gcc* .progmem .progmem.*)
    . = ALIGN(2);
    __trampolines_start = .;
    *(.trampolines .trampolines*)
    __trampolines_end = .;
    *(.jumptables .jumptables*)
    *(.lowtext .lowtext*)
    __ctors_start = .;
    KEEP(*(SORT(.ctors .ctors.*)))
    __ctors_end = .;
    __dtors_start = .;
    KEEP(*(SORT(.dtors .dtors.*)))
    __dtors_end = .;
    PROVIDE(__init = .);
    KEEP(*(.init0 .init0.*)) KEEP(*(.init1 .init1.*)) KEEP(*(.init2 .init2.*))
    KEEP(*(.init3 .init3.*)) KEEP(*(.init4 .init4.*)) KEEP(*(.init5 .init5.*))
    KEEP(*(.init6 .init6.*)) KEEP(*(.init7 .init7.*)) KEEP(*(.init8 .init8.*))
    KEEP(*(.init9 .init9.*))
    *(.text .text.*)
    . = ALIGN(2);
    KEEP(*(.fini9 .fini9.*)) KEEP(*(.fini8 .fini8.*)) KEEP(*(.fini7 .fini7.*))
    KEEP(*(.fini6 .fini6.*)) KEEP(*(.fini5 .fini5.*)) KEEP(*(.fini4 .fini4.*))
    KEEP(*(.fini3 .fini3.*)) KEEP(*(.fini2 .fini2.*)) KEEP(*(.fini1 .fini1.*))
    KEEP(*(.fini0 .fini0.*))
    . = ALIGN(2);
  } > text
  PROVIDE(_etext = ADDR(.text) + SIZEOF(.text));
  .data : {
    PROVIDE(__data_start = .);
    *(.data .data.*)
    *(.rodata .rodata.*)
    . = ALIGN(2);
    PROVIDE(__data_end = .);
  } > data AT> text
  PROVIDE(_edata = ADDR(.data) + SIZEOF(.data));
  PROVIDE(__data_load_start = LOADADDR(.data));
  PROVIDE(__data_load_end = LOADADDR(.data) + SIZEOF(.data));
  .bss ADDR(.data) + SIZEOF(.data) (NOLOAD) : {
    PROVIDE(__bss_start = .);
    *(.bss .bss.*)
    *(COMMON)
    PROVIDE(__bss_end = .);
  } > data
  .noinit ADDR(.bss) + SIZEOF(.bss) (NOLOAD) : {
    PROVIDE(__noinit_start = .);
    *(.noinit .noinit.*)
    PROVIDE(__noinit_end = .);
  } > data
  PROVIDE(_end = ADDR(.noinit) + SIZEOF(.noinit));
  PROVIDE(__heap_start = ADDR(.noinit) + SIZEOF(.noinit));
  PROVIDE(__stack = ORIGIN(data) + LENGTH(data) - 1);
  .eeprom : { KEEP(*(.eeprom*)) } > eeprom
  .fuse : { KEEP(*(.fuse)) KEEP(*(.lfuse)) KEEP(*(.hfuse)) KEEP(*(.efuse)) } > fuse
  .lock : { KEEP(*(.lock*)) } > lock
  .signature : { KEEP(*(.signature*)) } > signature
}
";
