#include <stdio.h>
int answer(void), ask(void);
int main(void) { printf("%d %d\n", answer(), ask()); return 0; }
