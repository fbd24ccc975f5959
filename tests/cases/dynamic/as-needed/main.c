#include <stdio.h>
int used(void);
int main(void) { printf("%d\n", used()); return 0; }
