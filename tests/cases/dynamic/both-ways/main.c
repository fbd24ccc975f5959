#include <stdio.h>
extern int counter;
int work(int);
int mine(int x) { return x * 2; }
int weak_one(void) { return 100; }
int main(void) { counter = 10; printf("%d", work(7)); printf(" %d\n", counter); return 0; }
