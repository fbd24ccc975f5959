int table(void);
int (*const pointers[2])(void) = {table, 0};
int table(void) { return 5; }
