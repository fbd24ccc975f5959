// A coverage build of two files: what llvm-cov needs of it are custom sections, whose records have to stay
// aligned (LLVM makes them so since 18). The program writes its own profile, which the tools read back.
//# clang: -O0 -emit-llvm -fprofile-instr-generate -fcoverage-mapping -fcoverage-compilation-dir=.
//# clang: profile.c: -fno-profile-instr-generate -fno-coverage-mapping
//# clang-below: 17
//# tools: llvm-cov llvm-profdata
//# compare: rust-lld
//# engine: node
//# custom: __llvm_covfun
//# custom: __llvm_covmap
//# stdout: 3 even, 2 odd
//# inspect: "$tools/llvm-profdata" merge -o profile.profdata profile.profraw
//# inspect: llvm-cov show -path-equivalence=.,"$sources" -instr-profile=profile.profdata "$module"
//# inspect: llvm-cov report -path-equivalence=.,"$sources" -instr-profile=profile.profdata "$module"
//# says: 5| if (is_even(number))
//# says: 3| even++;
//# says: 2| odd++;
//# says: 0| return -1;
//# says: 5| return number % 2 == 0;

#include <stdio.h>

int is_even(int number);
int write_profile(const char *name);

int main(void) {
    int even = 0, odd = 0;
    for (int number = 0; number < 5; number++) {
        if (is_even(number))
            even++;
        else
            odd++;
    }
    printf("%d even, %d odd\n", even, odd);
    return write_profile("/profile.profraw");
}
