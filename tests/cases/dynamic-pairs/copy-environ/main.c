int printf(const char *, ...);
char *getenv(const char *); int setenv(const char *, const char *, int);
extern char **environ, **__environ;
int main(void) { setenv("A", "b", 1); printf("%s %s\n", getenv("SAID"), environ == __environ ? "same" : "other"); }
