#include <stdio.h>
int f(int);
extern int (*table[2])(int);
int (*ask(void))(int);
static int (*own)(int) = f;
int main(void) { printf("%d%d%d %d\n", own == f, table[0] == f, ask() == f, own(1)); return 0; }
