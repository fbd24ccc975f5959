int f(void) { return 4; }
int v = 5;
