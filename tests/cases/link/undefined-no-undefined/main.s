// --no-undefined takes back --unresolved-symbols=ignore-all.
//# args: -e start --unresolved-symbols=ignore-all --no-undefined
//# shows: --no-undefined
//# expect-error: undefined symbol: nowhere
    .text
    .globl start
start: bl nowhere
