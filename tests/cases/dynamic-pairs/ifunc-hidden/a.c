static int real(void) { return 11; }
static int (*pick(void))(void) { return real; }
__attribute__((visibility("hidden"))) int f(void) __attribute__((ifunc("pick")));
int call(void) { return f(); }
int (*pointer(void))(void) { return f; }
