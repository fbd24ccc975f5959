// All undefined symbols are reported at once, with who refers to them; similar names are suggested.
//# args: -e start
//# expect-error: undefined symbol: helper_one
//# expect-error: undefined symbol: helper_two
//# expect-error: main.o
//# expect-error: similar name: `helper_three`
    .text
    .globl start, helper_three
start:
    bl helper_one
    bl helper_two
    bl helper_thre
helper_three:
    bl helper_one
