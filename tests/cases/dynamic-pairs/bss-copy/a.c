int large[10000];
void set(void) { large[9999] = 9; }
