int printf(const char *, ...);
int f(void); int g(void) { return 20; }
int main(void) { printf("%d %d\n", f(), g()); }
