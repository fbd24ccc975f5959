int printf(const char *, ...);
void begin(void) { printf("begin "); }
void end(void) { printf("end\n"); }
int a(void) { return 1; }
