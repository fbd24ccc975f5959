#include "count.h"
int library_next() { return next(); }
