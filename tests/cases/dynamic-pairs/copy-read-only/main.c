int printf(const char *, ...);
extern const int table[3]; const int *get(void);
int main(void) { printf("%d %d %d %s\n", table[0], table[1], table[2], get() == table ? "same" : "other"); }
