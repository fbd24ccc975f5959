void call(void (*f)(void)) { f(); }
