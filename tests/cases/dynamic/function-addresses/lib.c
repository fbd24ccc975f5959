int f(int x) { return x + 1; }
int (*table[2])(int) = {f, 0};
int (*ask(void))(int) { return f; }
