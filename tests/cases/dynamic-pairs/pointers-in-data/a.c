int v[2] = {3, 4};
int f(void) { return 1; }
