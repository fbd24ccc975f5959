void twice(void (*f)(int), int x) { f(x); f(x + 1); }
