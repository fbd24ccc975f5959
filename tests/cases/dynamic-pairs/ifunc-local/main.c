int printf(const char *, ...);
static int real(void) { return 11; }
static int (*pick(void))(void) { return real; }
int f(void) __attribute__((ifunc("pick")));
static int g(void) __attribute__((ifunc("pick")));
int (*volatile p)(void) = f; int (*volatile q)(void) = g;
int main(void) { printf("%d %d %d %s\n", f(), g(), p(), p() == q() ? "same" : "other"); }
