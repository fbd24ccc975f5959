#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }
int main(void) {
    char text[] = "dynamic";
    qsort(text, 7, 1, compare);
    fprintf(stdout, "%s %d\n", text, abs(-4));
    return 3;
}
