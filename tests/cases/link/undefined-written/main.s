// --noinhibit-exec writes the output although something is missing.
//# args: -e start --noinhibit-exec
//# shows: --noinhibit-exec
//# expect-warning: nowhere
//# check: u64(start) == 0
    .text
    .globl start
start: .quad nowhere
