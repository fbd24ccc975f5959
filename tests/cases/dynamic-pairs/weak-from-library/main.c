int printf(const char *, ...);
__attribute__((weak)) int f(void); extern int v __attribute__((weak)); __attribute__((weak)) int none(void);
int main(void) { printf("%d %d %d\n", f ? f() : 0, &v ? v : 0, none ? 1 : 0); }
