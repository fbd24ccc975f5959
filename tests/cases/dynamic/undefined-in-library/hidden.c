__attribute__((visibility("hidden"))) int inside(void);
int f(void) { return inside(); }
