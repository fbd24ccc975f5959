int plugin(void) { return 3; }
