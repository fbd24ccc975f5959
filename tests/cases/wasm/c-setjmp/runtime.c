// Each call of setjmp gets a number; a function's table says which of its calls has which.
struct entry {
    unsigned number;
    int label;
};

static unsigned numbers;
static struct {
    void *place;
    int value;
} jump;

void setTempRet0(int value);

struct entry *saveSetjmp(unsigned *place, int label, struct entry *table, int size) {
    *place = ++numbers;
    for (int at = 0; at < size; at++) {
        if (table[at].number != 0) continue;
        table[at].number = numbers;
        table[at].label = label;
        if (at + 1 < size) table[at + 1].number = 0;
        break;
    }
    setTempRet0(size);
    return table;
}

int testSetjmp(unsigned number, struct entry *table, int size) {
    for (int at = 0; at < size && table[at].number != 0; at++)
        if (table[at].number == number) return table[at].label;
    return 0;
}

void __wasm_longjmp(void *place, int value) {
    jump.place = place;
    jump.value = value == 0 ? 1 : value;
    __builtin_wasm_throw(1, &jump);
}
