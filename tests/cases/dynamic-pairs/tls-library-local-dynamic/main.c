int printf(const char *, ...);
extern __thread int exported; int own_next(void);
int main(void) { printf("%d ", exported); printf("%d ", own_next()); printf("%d\n", own_next()); }
