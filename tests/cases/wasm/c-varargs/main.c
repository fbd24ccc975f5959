// Functions with any number of arguments, structs by value, calls through pointers, 128-bit numbers and long
// double, whose arithmetic is in the compiler's own library.
//# clang: -O1
//# args: -lc-printscan-long-double
//# shows: -lc-printscan-long-double
//# compare: rust-lld
//# engine: node
//# stdout: 3: 1 -2 9000000000
//# stdout: 2.5 x (3,4.5)
//# stdout: 0.333333333333333333333333333333333
//# stdout: 340282366920938463463374607431768211455
//# stdout: 12 35 7
//# stdout: 100%|  42|2a |0x1.8p+1

#include <stdarg.h>
#include <stdio.h>

struct pair {
    int a;
    double b;
};

static long long sum(int count, ...) {
    va_list list, copy;
    va_start(list, count);
    va_copy(copy, list);
    printf("%d:", count);
    long long total = 0;
    for (int at = 0; at < count; at++) {
        long long number = va_arg(list, long long);
        printf(" %lld", number);
        total += va_arg(copy, long long);
    }
    puts("");
    va_end(list);
    va_end(copy);
    return total;
}

static void mixed(const char *first, ...) {
    va_list list;
    va_start(list, first);
    double number = va_arg(list, double);
    int letter = va_arg(list, int);
    struct pair pair = va_arg(list, struct pair);
    printf("%g %c (%d,%g)\n", number, letter, pair.a, pair.b);
    va_end(list);
}

static int add(int a, int b) { return a + b; }
static int multiply(int a, int b) { return a * b; }
static int middle(int a, int b) { return (a + b) / 2 + 1; }
int (*volatile operations[])(int, int) = {add, multiply, middle};

int main(void) {
    if (sum(3, 1LL, -2LL, 9000000000LL) != 8999999999LL) return 1;
    mixed("", 2.5, 'x', (struct pair){3, 4.5});
    volatile long double third = 3;
    printf("%.33Lf\n", 1 / third);
    unsigned __int128 all = ~(unsigned __int128)0;
    char digits[40];
    int at = 39;
    digits[at] = 0;
    for (; all != 0; all /= 10) digits[--at] = '0' + (int)(all % 10);
    puts(digits + at);
    printf("%d %d %d\n", operations[0](5, 7), operations[1](5, 7), operations[2](5, 7));
    printf("%d%%|%4d|%x |%a\n", 100, 42, 42, 3.0);
    return 0;
}
