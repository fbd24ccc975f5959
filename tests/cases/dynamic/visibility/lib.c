__attribute__((visibility("hidden"))) int hidden(void) { return 1; }
__attribute__((visibility("protected"))) int protected(void) { return 2; }
__attribute__((visibility("internal"))) int internal(void) { return 4; }
int plain(void) { return 8; }
int all(void) { return hidden() + protected() + internal() + plain(); }
