int from_program(void);
static __thread int t = 4;
int entry(int x) { return from_program() + x + t; }
