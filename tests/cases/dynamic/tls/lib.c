__thread int shared_one = 5;
static __thread int own = 7;
static __thread int other = 9;
int *where(void) { return &shared_one; }
int sum(void) { own += 1; other += 1; return own * 100 + other * 10 + shared_one; }
