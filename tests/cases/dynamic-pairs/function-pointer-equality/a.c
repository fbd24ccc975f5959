int f(void) { return 3; }
void *address(void) { return (void *)f; }
