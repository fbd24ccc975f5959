__attribute__((visibility("hidden"))) int nowhere(void);
int f(void) { return nowhere(); }
