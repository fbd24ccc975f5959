extern "C" int printf(const char *, ...);
struct T { int n; T() : n(1) { printf("made "); } ~T() { printf("gone "); } };
extern thread_local T t;
int touch();
