int first = 5;
extern int second __attribute__((weak, alias("first")));
int get(void) { return second; }
