#define _GNU_SOURCE
#include <dlfcn.h>
int printf(const char *, ...);
int f(void);
int main(void) { int (*a)(void) = dlsym(RTLD_DEFAULT, "f"); f(); printf("%d %s\n", a(), dlvsym(RTLD_DEFAULT, "f", "OLD") ? "found" : "none"); }
