// --format=binary embeds a file; the symbols are named after its path.
//# target: aarch64-unknown-none, thumbv7m-none-eabi
//# args: -T link.x --format=binary payload.txt --format=default
//# shows: --format=binary
//# string: payload = eleven text
//# check: size(.embedded) == 11
    .text
    .globl start
start: .long 0
