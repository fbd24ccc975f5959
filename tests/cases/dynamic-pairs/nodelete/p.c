int v = 5;
int *get(void) { return &v; }
