#include <dlfcn.h>
#include <stdio.h>
int main(void) {
    void *first = dlopen("./first.so", RTLD_NOW | RTLD_GLOBAL);
    void *second = dlopen("./second.so", RTLD_NOW);
    int (*entry)(void) = (int (*)(void))dlsym(second, "entry");
    printf("%d %d\n", first != 0, entry ? entry() : -1);
    return 0;
}
