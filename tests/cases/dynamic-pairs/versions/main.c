int printf(const char *, ...);
int f(void); int g(void);
int main(void) { printf("%d %d\n", f(), g()); }
