#include "t.h"
#include <pthread.h>
static void *run(void *) { printf("%d ", touch()); return 0; }
int main() { pthread_t p; pthread_create(&p, 0, run, 0); pthread_join(p, 0); printf("%d ", t.n); }
