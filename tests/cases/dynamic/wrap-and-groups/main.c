#include <stdio.h>
#include <stdlib.h>
int a(void);
int c(void) { return 1; }
void *__real_malloc(size_t);
void *__wrap_malloc(size_t size) { fputs("wrapped\n", stdout); return __real_malloc(size); }
int main(void) { free(malloc(4)); printf("%d\n", a()); return 0; }
