int f(void) { return 1; }
int h(void) { return 2; }
int g(void) { return h(); }
