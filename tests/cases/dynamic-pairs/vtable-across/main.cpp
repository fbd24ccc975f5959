#include "b.h"
extern "C" int printf(const char *, ...);
struct Derived : Base { const char *name() override { return "derived"; } };
int main() { Derived d; Base b; printf("%s %s\n", ask(d), ask(b)); }
