#include "count.h"
extern "C" int printf(const char *, ...);
int main() { printf("%d ", next()); printf("%d ", library_next()); printf("%d\n", next()); }
