int printf(const char *, ...);
int f(void); void *address(void);
int (*volatile p)(void) = f;
int main(void) { printf("%d %d %s\n", f(), p(), (void *)p == address() ? "same" : "other"); }
