int printf(const char *, ...);
int f(void) { return 10; } int g(void) { return 20; }
int call_f(void); int call_g(void);
int main(void) { printf("%d %d\n", call_f(), call_g()); }
