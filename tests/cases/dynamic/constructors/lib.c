#include <stdio.h>
__attribute__((constructor(200))) static void second(void) { puts("library 200"); }
__attribute__((constructor(150))) static void first(void) { puts("library 150"); }
__attribute__((constructor)) static void last(void) { puts("library"); }
__attribute__((destructor)) static void end(void) { puts("library ends"); }
void use(void) {}
