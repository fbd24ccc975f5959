int is_even(int number) {
    if (number < 0)
        return -1;
    return number % 2 == 0;
}

static inline int unused(void) { return 1; }

int never(void) { return unused(); }
