int base(void); int entry(void) { return base() + 2; }
