extern int mine(int);
int counter = 5;
__attribute__((weak)) int weak_one(void) { return 1; }
int work(int x) { counter += 1; return mine(x) + weak_one() + counter; }
