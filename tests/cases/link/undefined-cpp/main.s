// Messages show names of C++ as they are written in the source.
//# args: -e start
//# expect-error: undefined symbol: std::__2::vector<int, std::__2::allocator<int>>::push_back(int const&)
//# expect-error: `foo::caller(char)`
    .text
    .globl start, _ZN3foo6callerEc
    .type _ZN3foo6callerEc, %function
start:
_ZN3foo6callerEc:
    bl _ZNSt3__26vectorIiNS_9allocatorIiEEE9push_backERKi
    .size _ZN3foo6callerEc, . - _ZN3foo6callerEc
