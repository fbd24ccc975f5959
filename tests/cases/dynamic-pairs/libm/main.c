int printf(const char *, ...);
double pow(double, double); double cos(double); double sqrt(double);
int main(int n, char **v) { printf("%.2f %.2f %.2f\n", pow(n + 1, 3), cos(n - 1), sqrt(n + 1)); }
