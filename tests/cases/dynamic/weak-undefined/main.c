#include <stdio.h>
extern int nowhere(void) __attribute__((weak));
extern int no_variable __attribute__((weak));
int main(void) { printf("%d %d\n", nowhere == 0, &no_variable == 0); return 0; }
