#include <iostream>
#include <typeinfo>
#include "shape.h"
int count_there();
int main() {
    try { refuse(1); } catch (const Refused &error) { std::cout << "caught " << error.what() << "\n"; }
    Shape *shape = new Square;
    std::cout << shape->sides() << (dynamic_cast<Square *>(shape) != nullptr) << (typeid(*shape) == typeid(Square)) << "\n";
    delete shape;
    counter<int>() += 5;
    std::cout << count_there() << " " << counter<int>() << " " << ++depth << "\n";
    try { throw 1; } catch (...) { std::cout << "anything\n"; }
}
