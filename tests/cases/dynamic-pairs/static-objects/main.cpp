#include "o.h"
static O o("main");
int main() { lib(); printf("main "); }
