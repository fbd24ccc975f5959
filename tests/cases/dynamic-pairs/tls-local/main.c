int printf(const char *, ...);
__thread int a = 3; static __thread int b = 4; __thread int c;
int *pa(void) { return &a; } int *pb(void) { return &b; }
int main(void) { printf("%d %d %d\n", *pa(), *pb(), c); }
