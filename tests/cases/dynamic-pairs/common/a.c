int shared_one;
int get(void) { return shared_one; }
