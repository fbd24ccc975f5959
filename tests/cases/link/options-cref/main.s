// --cref lists for each symbol the file that defines it, then those that refer to it.
//# args: -e start -Map=out.map --cref
//# shows: --cref
//# contains: out.map Cross Reference Table
//# contains: out.map shared
    .text
    .globl start
start: bl shared
