int used(void) { return 6; }
