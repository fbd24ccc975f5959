#include <pthread.h>
#include <stdio.h>
extern __thread int shared_one;
int *where(void);
int sum(void);
static __thread int mine = 3;
static void *run(void *x) { shared_one += mine; *(int *)x = sum() + (where() == &shared_one) * 1000; return 0; }
int main(void) {
    int a, b;
    pthread_t thread;
    pthread_create(&thread, 0, run, &a);
    pthread_join(thread, 0);
    run(&b);
    printf("%d %d\n", a, b);
    return 0;
}
