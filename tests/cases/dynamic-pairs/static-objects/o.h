extern "C" int printf(const char *, ...);
struct O { const char *n; O(const char *n) : n(n) { printf("+%s ", n); } ~O() { printf("-%s ", n); } };
int lib();
