#include <stdio.h>
void use(void);
__attribute__((constructor)) static void begin(void) { puts("program"); }
__attribute__((constructor(101))) static void early(void) { puts("program 101"); }
__attribute__((destructor)) static void end(void) { puts("program ends"); }
int main(void) { use(); puts("main"); return 0; }
