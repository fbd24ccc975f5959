// What two C++ files have in common is there once: inline functions and variables, templates, vtables, names
// of types. Weak functions give way, aliases do not.
//# clang: -O1 -std=c++17 -fno-exceptions
//# compare: rust-lld
//# engine: node
//# stdout: same inline function, same variable, same template
//# stdout: circle 3.14 square 4.00
//# stdout: left is right: no, base: yes
//# stdout: strong, weak here
//# stdout: alias 42
//# stdout: thread local 5 and 6
//# stdout: 3 shapes

#include <cstdio>
#include <functional>
#include <typeinfo>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual const char *name() const { return "shape"; }
};
Shape *make(bool round);
inline int counter = 0;
inline int &count() {
    static int calls = 0;
    return ++calls, calls;
}
template <typename T> T *shared() {
    static T value;
    return &value;
}
int *others_counter();
int &(*others_count())();
long *others_shared();

struct Base { virtual ~Base() = default; int own = 1; };
struct Left : virtual Base { int left = 2; };
struct Right : virtual Base { int right = 3; };
struct Both : Left, Right {};

__attribute__((weak)) const char *strong_elsewhere() { return "weak"; }
__attribute__((weak)) const char *weak_here() { return "weak here"; }
extern "C" int answer() { return 42; }
extern "C" int alias() __attribute__((alias("answer")));
thread_local int own = 5;
extern thread_local int others;

int main() {
    std::printf("%s inline function, %s variable, %s template\n", others_count() == &count ? "same" : "another",
                others_counter() == &counter ? "same" : "another", others_shared() == shared<long>() ? "same" : "another");
    std::vector<Shape *> shapes{make(true), make(false)};
    for (Shape *shape : shapes)
        std::printf("%s %.2f%s", shape->name(), shape->area(), shape == shapes.back() ? "\n" : " ");
    Both both;
    Left *left = &both;
    Base *base = dynamic_cast<Base *>(left);
    std::printf("left is right: %s, base: %s\n", typeid(*left) == typeid(Right) ? "yes" : "no",
                base && typeid(*base) == typeid(Both) && dynamic_cast<Right *>(base)->right == 3 ? "yes" : "no");
    std::printf("%s, %s\n", strong_elsewhere(), weak_here());
    std::printf("alias %d\n", alias());
    std::printf("thread local %d and %d\n", own, others);
    std::function<int(int)> add = [&](int more) { return int(shapes.size()) + more; };
    std::printf("%d shapes\n", add(1));
    for (Shape *shape : shapes) delete shape;
}
