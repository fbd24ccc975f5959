static int one(int x) { return x + 1; }
static int (*choose(void))(int) { return one; }
int indirect(int) __attribute__((ifunc("choose")));
__attribute__((visibility("hidden"))) int inside(int) __attribute__((ifunc("choose")));
int (*address(void))(int) { return indirect; }
int call(int x) { return indirect(x) + inside(x); }
