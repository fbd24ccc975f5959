#include <stdio.h>
int all(void), protected(void);
int plain(void) { return 80; }
int hidden(void) { return 10; }
int main(void) { printf("%d %d\n", all(), protected()); return 0; }
