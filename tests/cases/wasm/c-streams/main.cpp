// iostream, containers and static objects of a C++ program: libc++ is linked in, constructors run by their
// priorities and then in order, destructors backwards.
//# clang: -O1 -std=c++17 -fno-exceptions
//# compare: rust-lld
//# engine: node
//# tools: llvm-dwarfdump
//# inspect: llvm-dwarfdump --verify "$module"
//# says: No errors.
//# stdout: + first
//# stdout: + second
//# stdout: + global
//# stdout: one=1 three=3 two=2
//# stdout: 3.75 ff true
//# stdout: + local
//# stdout: [  1.500]
//# stdout: - local
//# stdout: - global
//# stdout: - second
//# stdout: - first

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

struct Noisy {
    const char *name;
    explicit Noisy(const char *name) : name(name) { std::cout << "+ " << name << "\n"; }
    ~Noisy() { std::cout << "- " << name << std::endl; }
};

static Noisy global("global");
__attribute__((init_priority(2000))) Noisy second("second");
__attribute__((init_priority(1000))) Noisy first("first");

int main() {
    std::map<std::string, int> words{{"two", 2}, {"one", 1}, {"three", 3}};
    std::string line;
    for (const auto &[word, number] : words)
        line += (line.empty() ? "" : " ") + word + "=" + std::to_string(number);
    std::cout << line << "\n";
    auto numbers = std::make_unique<std::vector<double>>(std::vector<double>{2.5, 1.5});
    std::sort(numbers->begin(), numbers->end());
    std::cout << (*numbers)[0] * (*numbers)[1] << " " << std::hex << 255 << " " << std::boolalpha << true << "\n";
    static Noisy local("local");
    std::ostringstream text;
    text << "[" << std::setw(7) << std::fixed << std::setprecision(3) << numbers->front() << "]";
    std::cout << text.str() << "\n";
}
