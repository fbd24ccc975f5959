int printf(const char *, ...);
int a(void);
int main(void) { printf("%d\n", a()); }
