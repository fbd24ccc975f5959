#include <stdio.h>

__attribute__((constructor)) static void plain(void) { puts("extra plain"); }
__attribute__((constructor(300))) static void early(void) { puts("extra 300"); }
__attribute__((constructor(100))) static void earliest(void) { puts("extra 100"); }
__attribute__((destructor)) static void end(void) { puts("end extra"); }
