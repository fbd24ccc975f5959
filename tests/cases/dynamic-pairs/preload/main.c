int printf(const char *, ...);
int f(void); int call(void);
int main(void) { printf("%d %d\n", f(), call()); }
