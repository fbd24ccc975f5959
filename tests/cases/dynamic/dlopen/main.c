#include <dlfcn.h>
#include <stdio.h>
int from_program(void) { return 30; }
int listed(void) { return 1; }
int main(void) {
    void *library = dlopen("./libx.so", RTLD_NOW);
    if (!library) { puts(dlerror()); return 1; }
    int (*entry)(int) = (int (*)(int))dlsym(library, "entry");
    int (*own)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "listed");
    printf("%d %d\n", entry(8), own ? own() : 0);
    return dlclose(library);
}
