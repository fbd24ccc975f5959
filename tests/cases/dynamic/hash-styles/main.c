#include <stdio.h>
int a(void), b(void), c(void);
int main(void) { printf("%d%d%d\n", a(), b(), c()); return 0; }
