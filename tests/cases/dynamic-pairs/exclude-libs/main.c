int printf(const char *, ...);
int inner(void) { return 20; } int f(void);
int main(void) { printf("%d %d\n", f(), inner()); }
