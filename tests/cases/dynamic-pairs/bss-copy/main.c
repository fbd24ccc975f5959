int printf(const char *, ...);
extern int large[10000]; void set(void);
int main(void) { set(); printf("%d\n", large[9999]); }
