__attribute__((visibility("hidden"))) int h = 1;
__attribute__((visibility("internal"))) int i(void) { return 2; }
