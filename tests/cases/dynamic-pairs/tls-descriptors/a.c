__thread int exported = 1;
static __thread int own = 2, zero;
int own_next(void) { return own++ + zero; }
int get(void) { return exported; }
