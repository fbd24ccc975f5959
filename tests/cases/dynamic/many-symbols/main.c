#include <dlfcn.h>
#include <stdio.h>
int f4999(void);
int main(void) {
    int sum = 0;
    char name[16];
    for (int i = 0; i < 5000; i++) {
        sprintf(name, "f%d", i);
        int (*f)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, name);
        sum += f ? f() == i : 0;
    }
    printf("%d %d\n", sum, f4999());
    return 0;
}
