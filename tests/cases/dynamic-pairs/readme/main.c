int printf(const char *, ...);
char *getenv(const char *);
int three(void);
int main(void) { printf("hello,\n%s\n", getenv("WHO")); return three(); }
