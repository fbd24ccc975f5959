// --error-limit: of many mistakes so many are told.
//# args: -e start --error-limit=1
//# shows: --error-limit=1
//# expect-error: undefined symbol: nowhere_one
//# expect-error: 2 more errors are not shown
    .text
    .globl start
start: bl nowhere_one
    bl nowhere_two
    bl nowhere_three
