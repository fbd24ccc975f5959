int printf(const char *, ...);
int b(void);
__attribute__((constructor)) static void last(void) { printf("m2 "); }
__attribute__((constructor(101))) static void first(void) { printf("m1 "); }
__attribute__((destructor)) static void end(void) { printf("~m "); }
int main(void) { b(); printf("main\n"); }
