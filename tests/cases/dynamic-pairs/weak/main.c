int printf(const char *, ...);
__attribute__((weak)) int f(void) { return 1; }
__attribute__((weak)) int nothing(void); extern int no_data __attribute__((weak));
int main(void) { printf("%d %d %d\n", f(), nothing ? 1 : 0, &no_data ? 1 : 0); }
