#include "b.h"
const char *Base::name() { return "base"; }
Base::~Base() {}
const char *ask(Base &b) { return b.name(); }
