int printf(const char *, ...);
int f(void) { return 10; } int v = 30;
int call_f(void); int get_v(void);
int main(void) { printf("%d %d\n", call_f(), get_v()); }
