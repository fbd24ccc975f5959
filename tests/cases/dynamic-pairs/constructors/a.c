int printf(const char *, ...);
__attribute__((constructor(201))) static void two(void) { printf("a2 "); }
__attribute__((constructor(200))) static void one(void) { printf("a1 "); }
__attribute__((destructor)) static void end(void) { printf("~a\n"); }
int a(void) { return 1; }
