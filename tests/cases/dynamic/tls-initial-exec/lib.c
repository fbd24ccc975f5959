__attribute__((tls_model("initial-exec"))) __thread int fast = 4;
__attribute__((tls_model("initial-exec"))) static __thread int own = 6;
int get(void) { own += 1; return fast * 10 + own; }
