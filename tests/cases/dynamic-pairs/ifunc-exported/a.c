static int real(void) { return 11; }
static int (*pick(void))(void) { return real; }
int f(void) __attribute__((ifunc("pick")));
void *address(void) { return (void *)f; }
