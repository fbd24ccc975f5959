struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual const char *name() const { return "shape"; }
};
inline int counter = 0;
inline int &count() {
    static int calls = 0;
    return ++calls, calls;
}
template <typename T> T *shared() {
    static T value;
    return &value;
}
int *others_counter() { return &counter; }
int &(*others_count())() { return &count; }
long *others_shared() { return shared<long>(); }

struct Circle : Shape {
    double area() const override { return 3.14159; }
    const char *name() const override { return "circle"; }
};
struct Square : Shape {
    double area() const override { return 4; }
    const char *name() const override { return "square"; }
};
Shape *make(bool round) {
    if (round) return new Circle;
    return new Square;
}
const char *strong_elsewhere() { return "strong"; }
thread_local int others = 6;
