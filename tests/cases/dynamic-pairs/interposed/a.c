int f(void) { return 1; }
__attribute__((visibility("protected"))) int g(void) { return 2; }
int call_f(void) { return f(); }
int call_g(void) { return g(); }
