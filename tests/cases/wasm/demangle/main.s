// Names of C++ are readable in the name section, in LLVM's text; `main` with arguments is `main`.
//# args: --no-entry --no-gc-sections
//# compare: rust-lld
//# differs: meaning: by default, hashes of old Rust names are left out

    .macro function name, number
    .section .text.\name,"",@
    .globl \name
    .type \name,@function
\name:
    .functype \name () -> (i32)
    i32.const \number
    end_function
    .endm

    function _ZNSt3__16vectorINS_12basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEENS4_IS6_EEE9push_backERKS6_, 1
    function _ZN1AIXplmlLi1ELi2ELi3EEEC2Ev, 2
    function _ZZ1fvENKUlT_E_clIiEEDai, 3
    function _ZN4core3fmt9Formatter3new17h0123456789abcdefE, 4
    function _RNvCsdoiTCwrFJQr_4core4main, 5
    function _ZN1AcvPT_I1BEEv, 6
    function _ZThn16_N1AD1Ev, 7
    function __main_argc_argv, 8
    function _Z1fILd400921fb54442d18EEvv, 9
    .weak _Z7missingi
    .functype _Z7missingi (i32) -> ()

    .section .text.caller,"",@
    .globl _Z6callerPFviE
    .type _Z6callerPFviE,@function
_Z6callerPFviE:
    .functype _Z6callerPFviE (i32) -> ()
    local.get 0
    call _Z7missingi
    end_function
