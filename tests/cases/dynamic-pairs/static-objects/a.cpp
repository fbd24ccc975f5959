#include "o.h"
static O o("lib");
int lib() { return 1; }
