// The raw profile of LLVM 14 to 16 (llvm/ProfileData/InstrProfData.inc, version 8), for 32 bits. On wasm each
// file registers its functions in a constructor.
#include <stdint.h>
#include <stdio.h>

struct record {
    uint64_t name, hash;
    // From the record itself.
    uint32_t counters;
    uint32_t function, values, counter_count;
    uint16_t sites[2];
    uint32_t padding;
};

int __llvm_profile_runtime;

static const char *data, *data_end, *counters, *counters_end, *names, *names_end;

static void extend(const char **from, const char **to, const char *start, size_t size) {
    if (*from == NULL || start < *from) *from = start;
    if (start + size > *to) *to = start + size;
}

void __llvm_profile_register_function(void *function) {
    const struct record *record = function;
    extend(&data, &data_end, function, sizeof *record);
    extend(&counters, &counters_end, (char *)function + record->counters, 8 * record->counter_count);
}

void __llvm_profile_register_names_function(void *start, uint64_t size) {
    extend(&names, &names_end, start, size);
}

int write_profile(const char *name) {
    const uint64_t head[] = {
        0xff6c70726f665281, // "lprofR"
        8,
        0, // identifiers of binaries
        (data_end - data) / sizeof(struct record),
        0,
        (counters_end - counters) / 8,
        0,
        names_end - names,
        (uintptr_t)counters - (uintptr_t)data,
        (uintptr_t)names,
        1, // the last kind of values
    };
    FILE *file = fopen(name, "wb");
    if (file == NULL) return 1;
    fwrite(head, sizeof head, 1, file);
    fwrite(data, data_end - data, 1, file);
    fwrite(counters, counters_end - counters, 1, file);
    fwrite(names, names_end - names, 1, file);
    for (size_t size = names_end - names; size % 8 != 0; size++) fputc(0, file);
    return fclose(file);
}
