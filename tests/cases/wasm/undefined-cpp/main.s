// Messages show names of C++ as they are written in the source.
//# args: --no-entry --export=_ZN3foo6callerEc
//# expect-error: `std::__2::vector<int, std::__2::allocator<int>>::push_back(int const&)`
//# expect-error: `foo::caller(char)`
//# compare: rust-lld

    .functype _ZNSt3__26vectorIiNS_9allocatorIiEEE9push_backERKi () -> ()
    .section .text.caller,"",@
    .globl _ZN3foo6callerEc
    .type _ZN3foo6callerEc,@function
_ZN3foo6callerEc:
    .functype _ZN3foo6callerEc () -> ()
    call _ZNSt3__26vectorIiNS_9allocatorIiEEE9push_backERKi
    end_function
