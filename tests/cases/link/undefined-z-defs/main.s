// -z defs takes back -z undefs.
//# args: -e start -z undefs -z defs
//# shows: -z defs
//# expect-error: undefined symbol: nowhere
    .text
    .globl start
start: bl nowhere
