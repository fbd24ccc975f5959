int printf(const char *, ...);
extern __thread int exported; int own_next(void); int get(void);
__thread int mine = 0;
int main(void) { printf("%d ", exported); printf("%d ", own_next()); printf("%d ", own_next()); exported = 4; printf("%d\n", get() + mine); }
