// --disable-linker-version takes back --enable-linker-version.
//# args: -T link.x --enable-linker-version --disable-linker-version
//# shows: --disable-linker-version
//# no-section: .v
    .text
    .globl start
start: ret
