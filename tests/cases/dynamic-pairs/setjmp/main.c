#include <setjmp.h>
#include <signal.h>
int printf(const char *, ...);
void twice(void (*)(int), int);
static jmp_buf b; static volatile sig_atomic_t got;
static void f(int x) { longjmp(b, x); }
static void h(int s) { got = 1; }
int main(void) { int r = setjmp(b); if (!r) twice(f, 3); signal(SIGUSR1, h); raise(SIGUSR1); printf("%d %d\n", r, got); }
