// LINKER_VERSION with --enable-linker-version.
//# args: -T link.x --enable-linker-version
//# shows: --enable-linker-version
//# check: u32(addr(.v)) == 0x73797378 && u8(addr(.v) + 4) == 0x20 && u8(addr(.v) + size(.v) - 1) == 0
    .text
    .globl start
start: ret
