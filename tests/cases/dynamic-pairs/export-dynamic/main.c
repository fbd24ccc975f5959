#define _GNU_SOURCE
#include <dlfcn.h>
int printf(const char *, ...);
int of_program(void) { return 42; }
int main(void) { void *h = dlopen("libp.so", RTLD_NOW); if (!h) { printf("%s\n", dlerror()); return 1; }
int (*f)(void) = dlsym(h, "plugin"), (*g)(void) = dlsym(RTLD_DEFAULT, "of_program"); printf("%d %d\n", f(), g()); }
