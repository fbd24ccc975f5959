#include <stdio.h>
extern volatile int value, other;
extern const int constants[3];
int read_value(void), read_other(void);
int main(void) {
    value = 9;
    printf("%d %d %d %d\n", read_value(), read_other(), other, constants[2]);
    return 0;
}
