#include "shape.h"
extern "C" int printf(const char *, ...);
int main() { printf("%s ", dynamic_cast<Round *>(make(true)) ? "yes" : "no"); printf("%s ", dynamic_cast<Round *>(make(false)) ? "yes" : "no"); printf("%s\n", &round() == &typeid(Round) ? "same" : "other"); }
