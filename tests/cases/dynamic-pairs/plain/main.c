int printf(const char *, ...);
extern int variable; int five_times(int);
int main(void) { printf("%d %d\n", variable, five_times(variable)); }
