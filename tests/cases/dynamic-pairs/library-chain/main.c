int printf(const char *, ...);
int b(void);
int main(void) { printf("%d\n", b()); }
