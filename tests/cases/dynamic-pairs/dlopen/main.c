#define _GNU_SOURCE
#include <dlfcn.h>
int printf(const char *, ...);
int main(void) { void *h = dlopen("libp.so", RTLD_NOW); if (!h) { printf("%s\n", dlerror()); return 1; }
int (*f)(void) = dlsym(h, "plugin"); printf("%d ", f()); printf("%s ", dlsym(RTLD_DEFAULT, "plugin") ? "found" : "none");
dlopen("libp.so", RTLD_NOW | RTLD_GLOBAL); f = dlsym(RTLD_DEFAULT, "plugin"); printf("%d\n", f ? f() : -1); }
