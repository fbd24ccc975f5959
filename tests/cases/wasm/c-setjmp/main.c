// setjmp and longjmp by exceptions: a tag, `try` and `catch` from a C compiler. wasi-libc of those years has
// neither; what the compiler calls is in runtime.c, with the names of LLVM before 19.
//# clang: -O1 -fwasm-exceptions -mllvm -wasm-enable-sjlj
//# clang-below: 19
//# rustc: -Ctarget-feature=+exception-handling
//# compare: rust-lld
//# engine: node
//# tags: (i32)
//# stdout: 7 after 5 calls
//# stdout: -3 after 0 calls
//# stdout: 7 after 40 calls

#include <stdio.h>

typedef unsigned jmp_buf[8];
int setjmp(jmp_buf) __attribute__((returns_twice));
void longjmp(jmp_buf, int) __attribute__((noreturn));

static jmp_buf place;
static int calls;

__attribute__((noinline)) static int deep(int left) {
    if (left == 0) longjmp(place, 7);
    if (left < 0) return left;
    calls++;
    return deep(left - 1) + 1;
}

__attribute__((noinline)) static int attempt(int depth) {
    calls = 0;
    int code = setjmp(place);
    return code == 0 ? deep(depth) : code;
}

int main(void) {
    const int depths[] = {5, -3, 40};
    for (int at = 0; at < 3; at++) {
        int code = attempt(depths[at]);
        printf("%d after %d calls\n", code, calls);
    }
    return 0;
}
