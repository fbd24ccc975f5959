int printf(const char *, ...);
int call(void); int (*pointer(void))(void);
int main(void) { printf("%d %d\n", call(), pointer()()); }
