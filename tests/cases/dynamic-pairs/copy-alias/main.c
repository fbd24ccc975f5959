int printf(const char *, ...);
extern int first; int get(void);
int main(void) { printf("%d ", first); first = 6; printf("%d %d\n", get(), first); }
