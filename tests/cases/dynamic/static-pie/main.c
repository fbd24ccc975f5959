#include <stdio.h>
__thread int t = 4;
int main(void) { t += 1; printf("%d\n", t); return 0; }
