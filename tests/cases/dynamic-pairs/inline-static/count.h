inline int next() { static int n; return ++n; }
int library_next();
