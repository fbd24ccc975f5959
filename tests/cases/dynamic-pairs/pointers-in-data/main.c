int printf(const char *, ...);
extern int v[2]; int f(void); static int g(void) { return 2; }
int (*const table[])(void) = {f, g};
int *p = &v[1], *const q = v;
int main(void) { printf("%d %d %d %d\n", table[0](), table[1](), *q, *p); }
