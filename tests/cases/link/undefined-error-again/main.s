// --error-unresolved-symbols takes back --warn-unresolved-symbols.
//# args: -e start --warn-unresolved-symbols --error-unresolved-symbols
//# shows: --error-unresolved-symbols
//# expect-error: undefined symbol: nowhere
    .text
    .globl start
start: bl nowhere
