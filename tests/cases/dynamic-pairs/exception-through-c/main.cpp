extern "C" int printf(const char *, ...); extern "C" void call(void (*)());
static void t() { throw 5; }
int main() { try { call(t); } catch (int x) { printf("%d\n", x); } }
