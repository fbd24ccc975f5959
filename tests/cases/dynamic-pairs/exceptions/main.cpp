#include "error.h"
extern "C" int printf(const char *, ...);
int main() { try { fail(0); } catch (Error &e) { printf("%d ", e.code()); }
try { fail(1); } catch (Derived &) { printf("base\n"); } catch (...) { printf("lost\n"); } }
