int base(void) { return 20; }
