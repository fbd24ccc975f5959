int of_program(void);
int plugin(void) { return of_program() + 1; }
