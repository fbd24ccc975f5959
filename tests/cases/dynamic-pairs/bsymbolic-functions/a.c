int f(void) { return 1; }
int v = 3;
int call_f(void) { return f(); }
int get_v(void) { return v; }
