const int table[3] = {1, 2, 3};
const int *get(void) { return table; }
