extern __thread int of_program;
int get(void) { return of_program; }
