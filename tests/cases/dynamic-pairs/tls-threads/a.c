__thread int v __attribute__((aligned(64))) = 5;
int *get(void) { return &v; }
