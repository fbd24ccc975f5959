extern int h; int i(void);
int sum_h(void) { return h; }
int sum_i(void) { return i(); }
