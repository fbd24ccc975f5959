int printf(const char *, ...);
int f9999(void); int f0(void); int f5000(void);
int main(void) { printf("%d %d %d\n", f9999(), f0(), f5000()); }
