int printf(const char *, ...);
int a(void);
__attribute__((constructor)) static void one(void) { printf("b "); }
__attribute__((destructor)) static void end(void) { printf("~b "); }
int b(void) { return a(); }
