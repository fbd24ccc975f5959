#include <pthread.h>
int printf(const char *, ...);
int *get(void);
static void *run(void *p) { *get() += 10; *(int *)p = (long)get() % 64 ? -1 : *get(); return 0; }
int main(void) { int r; pthread_t t; pthread_create(&t, 0, run, &r); pthread_join(t, 0); printf("%d %d\n", r, *get()); }
