#include <stdio.h>
extern __thread int fast;
int get(void);
int main(void) { fast += 1; printf("%d\n", get()); return 0; }
