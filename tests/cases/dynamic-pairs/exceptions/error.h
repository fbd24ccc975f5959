struct Error { virtual ~Error(); virtual int code(); };
struct Derived : Error {};
void fail(int);
