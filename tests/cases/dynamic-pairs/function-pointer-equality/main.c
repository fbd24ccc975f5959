int printf(const char *, ...);
int f(void); void *address(void);
int (*volatile p)(void) = f;
int main(void) { printf("%s %d\n", (void *)p == address() && (void *)f == address() ? "same" : "different", p()); }
