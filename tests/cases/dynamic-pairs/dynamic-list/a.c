int f(void) { return 1; }
int g(void) { return 2; }
int call_f(void) { return f(); }
int call_g(void) { return g(); }
