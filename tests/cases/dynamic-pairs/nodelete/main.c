#include <dlfcn.h>
int printf(const char *, ...);
int main(void) { void *h = dlopen("libp.so", RTLD_NOW); int *(*f)(void) = dlsym(h, "get"); ++*f(); dlclose(h); printf("%d\n", *f()); }
