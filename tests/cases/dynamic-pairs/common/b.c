int shared_one, c;
void set(void) { shared_one = c = 5; }
