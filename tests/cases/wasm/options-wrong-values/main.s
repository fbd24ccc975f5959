// Values that options cannot have, all told in one run.
//# args: --no-entry --max-memory=1x -z stack-size=much --page-size=3 --threads=none --build-id=new -Osmall
//# args: --strip-all=yes --unknown-option
//# expect-error: option `--max-memory=1x`: `1x` is not a number
//# expect-error: option `-z`: `much` is not a number
//# expect-error: option `--page-size=3`: 3 is neither 1 nor 65536
//# expect-error: option `--threads=none`
//# expect-error: option `--build-id=new`
//# expect-error: option `-Osmall`
//# expect-error: option `--strip-all=yes` takes no value
//# expect-error: unknown option `--unknown-option`
//# compare: rust-lld

    .section .text.run,"",@
    .globl run
    .type run,@function
run:
    .functype run () -> (i32)
    i32.const 1
    end_function
