// A warning is an error with --fatal-warnings, and there is no output.
//# args: -e nowhere -Ttext=0x1000 --fatal-warnings
//# shows: -Ttext=0x1000
//# shows: --fatal-warnings
//# expect-error: the entry symbol `nowhere` is not defined
    .text
    .quad 0
