int printf(const char *, ...);
int f(void); int old(void); __asm__(".symver old,f@V1");
int main(void) { printf("%d ", f()); printf("%d\n", old()); }
