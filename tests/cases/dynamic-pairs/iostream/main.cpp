#include <iostream>
std::string greet(const std::string &);
int main() { std::cout << greet("world") << std::endl; }
