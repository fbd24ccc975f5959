int printf(const char *, ...);
int f(void) { return 100; } int g(void) { return 200; }
int call_f(void); int call_g(void);
int main(void) { printf("%d %d\n", call_f(), call_g()); }
