// Constructors and destructors of C files by their priorities, also of a file that nothing refers to and
// that `--whole-archive` takes in, and what `atexit` was given.
//# clang: -O1
//# archive: libextra.a = extra.o
//# args: --whole-archive libextra.a --no-whole-archive
//# shows: --no-whole-archive
//# compare: rust-lld
//# engine: node
//# stdout: extra 100
//# stdout: main 200
//# stdout: extra 300
//# stdout: main plain
//# stdout: extra plain
//# stdout: main
//# stdout: atexit second
//# stdout: atexit first
//# stdout: end extra
//# stdout: end main 200

#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void plain(void) { puts("main plain"); }
__attribute__((constructor(200))) static void early(void) { puts("main 200"); }
__attribute__((destructor(200))) static void late(void) { puts("end main 200"); }

static void first(void) { puts("atexit first"); }
static void second(void) { puts("atexit second"); }

int main(void) {
    puts("main");
    atexit(first);
    atexit(second);
    return 0;
}
