int f(void) { return 9; }
