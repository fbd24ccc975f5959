// --compress-debug-sections: sections that get smaller are compressed (SHF_COMPRESSED), others not.
//# args: -e start --compress-debug-sections=zlib
//# shows: --compress-debug-sections=zlib
//# check: size(.debug_own) < 200 && size(.debug_small) == 8
    .text
    .globl start
start: ret
    .section .debug_own, "", %progbits
    .zero 4000, 65
    .section .debug_small, "", %progbits
    .quad start
