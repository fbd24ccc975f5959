int printf(const char *, ...);
int a(void);
int main(void) { a(); printf("main "); }
