#include "error.h"
Error::~Error() {}
int Error::code() { return 7; }
void fail(int how) { if (how) throw Derived(); throw Error(); }
