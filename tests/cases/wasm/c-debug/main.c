// Debug information of two C files: what is dropped takes its part along, and the rest is sound.
//# clang: -O0 -g
//# compare: rust-lld
//# engine: node
//# custom: .debug_info
//# custom: .debug_line
//# stdout: 12
//# tools: llvm-dwarfdump
//# inspect: llvm-dwarfdump --verify "$module"
//# inspect: llvm-dwarfdump --name=twice --name=main "$module"
//# says: No errors.
//# says: DW_AT_name ("twice")
//# says: DW_AT_name ("main")
//# says: DW_AT_decl_file ("./other.c")

#include <stdio.h>

int twice(int number);

static __attribute__((used)) int kept(int number) { return number + 1; }

int main(void) {
    int number = twice(6);
    printf("%d\n", number);
    return 0;
}
