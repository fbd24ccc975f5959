#include <stdio.h>
int indirect(int);
int call(int);
int (*address(void))(int);
static int two(int x) { return x + 2; }
static int (*choose_own(void))(int) { return two; }
int own(int) __attribute__((ifunc("choose_own")));
static int (*pointer)(int) = own;
int main(void) { printf("%d %d %d %d %d\n", indirect(1), call(1), own(1), pointer(5), address()(9)); return 0; }
