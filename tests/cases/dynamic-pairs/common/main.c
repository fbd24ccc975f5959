int printf(const char *, ...);
int shared_one, c; void set(void); int get(void);
int main(void) { set(); printf("%d %d\n", c, get()); }
