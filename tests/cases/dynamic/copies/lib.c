int value = 3;
extern int other __attribute__((weak, alias("value")));
const int constants[3] = {4, 5, 6};
int read_value(void) { return value; }
int read_other(void) { return other; }
