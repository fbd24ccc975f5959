int printf(const char *, ...);
int h = 20; int i(void) { return 30; }
int sum_h(void); int sum_i(void);
int main(void) { printf("%d %d %d %d\n", sum_h(), sum_i(), h, i()); }
