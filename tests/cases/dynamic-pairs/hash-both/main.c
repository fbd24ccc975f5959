int printf(const char *, ...);
int f1(void); int f2(void);
int main(void) { printf("%d\n", f1() + f2()); }
