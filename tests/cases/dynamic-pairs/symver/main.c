#define _GNU_SOURCE
#include <dlfcn.h>
int printf(const char *, ...);
int f(void);
int main(void) { int (*a)(void) = dlvsym(RTLD_DEFAULT, "f", "V1"), (*b)(void) = dlvsym(RTLD_DEFAULT, "f", "V2"); printf("%d %d %d\n", f(), a ? a() : -1, b ? b() : -1); }
