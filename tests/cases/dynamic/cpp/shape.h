#include <stdexcept>
struct Shape { virtual int sides() const; virtual ~Shape(); };
struct Square : Shape { int sides() const override { return 4; } };
struct Refused : std::runtime_error { using std::runtime_error::runtime_error; };
void refuse(int);
extern thread_local int depth;
template <class T> inline int &counter() { static int count = 0; return count; }
