int printf(const char *, ...);
__thread int of_program = 7; int get(void);
int main(void) { of_program++; printf("%d\n", get()); }
