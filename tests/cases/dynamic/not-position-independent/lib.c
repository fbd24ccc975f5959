extern int other;
int f(void) { return other; }
