#include "t.h"
thread_local T t;
int touch() { return t.n; }
