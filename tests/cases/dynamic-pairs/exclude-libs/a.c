int inner(void);
int f(void) { return inner(); }
