// Much memory: zeros that no file holds, a heap that grows over 400 MiB, a stack of another size, files, and
// symbols of the linker's for where all that is.
//# clang: -O1
//# args: --initial-memory=134217728 -z stack-size=2097152 --stack-first
//# compare: rust-lld
//# engine: node
//# memory: 2048
//# stdout: zeros 0, ones 64
//# stdout: heap 256 MiB: 255
//# stdout: stack 525312
//# stdout: in order
//# stdout: file hello

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char zeros[64 << 20];
static int ones[64] = {[0 ... 63] = 1};
extern char __data_end, __heap_base, __global_base, __stack_low, __stack_high;

static int deep(int left) {
    volatile char frame[1024];
    memset((char *)frame, left & 1, sizeof frame);
    return left == 0 ? 0 : deep(left - 1) + 1024 * frame[7];
}

int main(void) {
    long total = 0, sum = 0;
    for (size_t at = 0; at < sizeof zeros; at += 4096) total += zeros[at];
    for (int at = 0; at < 64; at++) sum += ones[at];
    printf("zeros %ld, ones %ld\n", total, sum);
    unsigned char *heap = malloc(256 << 20);
    memset(heap, 255, 256 << 20);
    printf("heap 256 MiB: %d\n", heap[(256 << 20) - 1]);
    free(heap);
    printf("stack %d\n", deep(1025));
    int ordered = &__stack_low < &__stack_high && &__stack_high <= &__global_base &&
                  (char *)ones >= &__global_base && (char *)ones < &__data_end && &__data_end <= &__heap_base &&
                  &__stack_high - &__stack_low == 2 << 20;
    puts(ordered ? "in order" : "out of order");
    FILE *file = fopen("/c-memory.txt", "w+");
    char word[8] = "";
    if (file == NULL || fputs("hello", file) < 0) return 1;
    rewind(file);
    printf("file %s\n", fgets(word, sizeof word, file));
    fclose(file);
    return unlink("/c-memory.txt");
}
