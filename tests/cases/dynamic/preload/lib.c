int answer(void) { return 1; }
int ask(void) { return answer(); }
