//! Names, and the text that LLVM 22 writes for them. One of each kind; those of whole libraries (some 200,000) were
//! compared when the demangler was written.

use super::{as_llvm, cpp, readable};

const NAMES: &[(&str, &str)] = &[
    (
        "_Z1fIiEDTplT_T_ES0_",
        "decltype(int + int) f<int>(decltype(int + int))",
    ),
    ("_Z1fIiEvDTcl1gspT_EE", "void f<int>(decltype(g(int...)))"),
    (
        "_Z1fIJicEEDTcl1gspfp_EEDpT_",
        "decltype(g(fp...)) f<int, char>(int, char)",
    ),
    (
        "_Z1fIiEvNSt9enable_ifIXgtsrSt7is_sameIT_iE5valueLi0EEiE4typeE",
        "_Z1fIiEvNSt9enable_ifIXgtsrSt7is_sameIT_iE5valueLi0EEiE4typeE",
    ),
    ("_Z1fIiEvRAT__i", "void f<int>(int (&) [int])"),
    ("_Z1fILi3EEvRAT__i", "void f<3>(int (&) [3])"),
    ("_Z1fILf40490fdbEEvv", "void f<0x1.921fb6p+1f>()"),
    (
        "_Z1fILd400921fb54442d18EEvv",
        "void f<0x1.921fb54442d18p+1>()",
    ),
    (
        "_Z1fILe4000c90fdaa22168c235EEvv",
        "void f<0xc.90fdaa22168c235p-2L>()",
    ),
    (
        "_Z1fILd0000000000000001EEvv",
        "void f<0x0.0000000000001p-1022>()",
    ),
    ("_Z1fIL1E3EEvv", "void f<(E)3>()"),
    ("_Z1fIL1En3EEvv", "void f<(E)-3>()"),
    ("_Z1fIXadL_Z1gvEEEvv", "void f<&g()>()"),
    ("_Z1fIXadL_ZN1A1gEvEEEvv", "void f<&A::g()>()"),
    ("_Z1fIXL_Z1gvEEEvv", "void f<g()>()"),
    ("_Z1fIiEDTcvT_Li3EET_", "decltype((int)(3)) f<int>(int)"),
    (
        "_Z1fIiEDTtlT_Li3ELi4EEET_",
        "decltype(int{3, 4}) f<int>(int)",
    ),
    ("_Z1fIiEDTilLi3ELi4EEET_", "decltype({3, 4}) f<int>(int)"),
    (
        "_Z1fIiEDTnwLi1E_T_piLi3EEET_",
        "decltype(new(1) int(3)) f<int>(int)",
    ),
    ("_Z1fIiEDTgsnw_T_EES0_", "decltype(::new int) f<int>(int)"),
    ("_Z1fIiEDTdafp_ET_", "decltype(delete[] fp) f<int>(int)"),
    (
        "_Z1fIiEDTquLb1ELi1ELi2EET_",
        "decltype(true ? 1 : 2) f<int>(int)",
    ),
    ("_Z1fIiEDTsrT_4typeET_", "decltype(int::type) f<int>(int)"),
    (
        "_Z1fIiEDTsr1A1BE4typeET_",
        "decltype(A::B::type) f<int>(int)",
    ),
    (
        "_Z1fIiEDTgssr1AE4typeET_",
        "decltype(::A::type) f<int>(int)",
    ),
    ("_Z1fIiEDTgs1xET_", "decltype(::x) f<int>(int)"),
    ("_Z1fIiEDTdtfp_1xET_", "decltype(fp.x) f<int>(int)"),
    ("_Z1fIiEDTptfp_1xET_", "decltype(fp->x) f<int>(int)"),
    (
        "_Z1fIiEDTdsfp_fp0_ET_S0_",
        "decltype(fp.*fp0) f<int>(int, decltype(fp.*fp0))",
    ),
    (
        "_Z1fIiEDTpmfp_fp0_ET_S0_",
        "decltype(fp->*fp0) f<int>(int, decltype(fp->*fp0))",
    ),
    ("_Z1fIiEDTixfp_Li0EET_", "decltype(fp[0]) f<int>(int)"),
    ("_Z1fIiEDTppfp_ET_", "decltype(fp++) f<int>(int)"),
    ("_Z1fIiEDTpp_fp_ET_", "decltype(++fp) f<int>(int)"),
    ("_Z1fIiEDTmm_fp_ET_", "decltype(--fp) f<int>(int)"),
    ("_Z1fIiEDTstT_ET_", "decltype(sizeof (int)) f<int>(int)"),
    ("_Z1fIiEDTszfp_ET_", "decltype(sizeof (fp)) f<int>(int)"),
    ("_Z1fIiEDTatT_ET_", "decltype(alignof (int)) f<int>(int)"),
    ("_Z1fIiEDTnxfp_ET_", "decltype(noexcept (fp)) f<int>(int)"),
    ("_Z1fIiEDTtiT_ET_", "decltype(typeid (int)) f<int>(int)"),
    ("_Z1fIiEDTtefp_ET_", "decltype(typeid (fp)) f<int>(int)"),
    (
        "_Z1fIiEDTscT_fp_ET_",
        "decltype(static_cast<int>(fp)) f<int>(int)",
    ),
    (
        "_Z1fIiEDTdcT_fp_ET_",
        "decltype(dynamic_cast<int>(fp)) f<int>(int)",
    ),
    (
        "_Z1fIRPFiiEEDTscT_fp_ET_",
        "decltype(static_cast<int (*&>(fp)) f<int (*&)(int)>(int (*&)(int))",
    ),
    (
        "_Z1fIA3_iEDTscT_fp_ET_",
        "decltype(static_cast<int>(fp)) f<int [3]>(int [3])",
    ),
    (
        "_Z1fIM1AFivEEDTccT_fp_ET_",
        "decltype(const_cast<int (A::*>(fp)) f<int (A::*)()>(int (A::*)())",
    ),
    ("_Z1fIiEDTtwfp_ET_", "decltype(throw fp) f<int>(int)"),
    ("_Z1fIiEDTtrET_", "decltype(throw) f<int>(int)"),
    (
        "_Z1fIJiEEDTsZT_EDpT_",
        "decltype(sizeof...(int)) f<int>(int)",
    ),
    ("_Z1fIJiEEDTsPTtET_", "_Z1fIJiEEDTsPTtET_"),
    (
        "_Z1fIJiiEEDTsPiJcdEEEDpT_",
        "decltype(sizeof... (int, char, double)) f<int, int>(int, int)",
    ),
    (
        "_Z1fIJiiEEDTflplfp_EDpT_",
        "decltype((... + (fp...))) f<int, int>(int, int)",
    ),
    (
        "_Z1fIJiiEEDTfrplfp_EDpT_",
        "decltype(((fp...) + ...)) f<int, int>(int, int)",
    ),
    (
        "_Z1fIJiiEEDTfLplLi0Efp_EDpT_",
        "decltype((0 + ... + (fp...))) f<int, int>(int, int)",
    ),
    (
        "_Z1fIJiiEEDTfRplfp_Li0EEDpT_",
        "decltype(((fp...) + ... + 0)) f<int, int>(int, int)",
    ),
    ("_Z1fDv4_f", "f(float vector[4])"),
    ("_Z1fDv_T_", "_Z1fDv_T_"),
    ("_Z1fDv4_p", "f(pixel vector[4])"),
    ("_Z1fDF16_", "f(_Float16)"),
    ("_Z1fDF16b", "f(std::bfloat16_t)"),
    ("_Z1fDFx", "_Z1fDFx"),
    ("_Z1fDh", "f(half)"),
    ("_Z1fu7__mybar", "f(__mybar)"),
    ("_Z1fu7__mybarIiE", "f(__mybar(int))"),
    ("_Z1fPU3AS1i", "f(int AS1*)"),
    ("_Z1fPU8__strongi", "f(int __strong*)"),
    ("_Z1fPU11objcproto1Ai", "f(int<A>*)"),
    ("_Z1fPU15objcproto5Proto11objc_object", "f(id<Proto>)"),
    ("_Z1fCf", "f(float complex)"),
    ("_Z1fGd", "f(double imaginary)"),
    ("_Z1fM1Ai", "f(int A::*)"),
    ("_Z1fM1AFviE", "f(void (A::*)(int))"),
    ("_Z1fM1AKFviE", "f(void (A::*)(int) const)"),
    ("_Z1fM1AKDoFviE", "f(void (A::*)(int) const noexcept)"),
    ("_Z1fPDoFvvE", "f(void (*)() noexcept)"),
    ("_Z1fPDOLb1EEFvvE", "f(void (*)() noexcept(true))"),
    ("_Z1fPDwicEFvvE", "f(void (*)() throw(int, char))"),
    ("_Z1fPKFvvE", "f(void (*)() const)"),
    ("_Z1fPFvvRE", "f(void (*)() &)"),
    ("_Z1fPFvvOE", "f(void (*)() &&)"),
    ("_Z1fA3_A4_i", "f(int [3][4])"),
    ("_Z1fPA3_i", "f(int (*) [3])"),
    ("_Z1fRA3_Ki", "f(int const (&) [3])"),
    ("_Z1fPFPFvvEiE", "f(void (* (*)(int))())"),
    ("_Z1gDaDcDn", "g(auto, decltype(auto), std::nullptr_t)"),
    ("_ZN1AcvT_IiEEv", "A::operator int<int>()"),
    ("_ZN1AcvPT_I1BEEv", "A::operator B*<B>()"),
    ("_ZN1AcvbEv", "A::operator bool()"),
    ("_ZN1AC1IiEET_", "A::A<int>(int)"),
    ("_ZN1ACI11BEi", "A::A(int)"),
    ("_ZN1AD0Ev", "A::~A()"),
    ("_ZN1AD4Ev", "A::~A()"),
    ("_ZN1AC4Ev", "A::A()"),
    ("_ZN1AIiEC2Ev", "A<int>::A()"),
    (
        "_ZNSsC1Ev",
        "std::basic_string<char, std::char_traits<char>, std::allocator<char>>::basic_string()",
    ),
    (
        "_ZNSsD1Ev",
        "std::basic_string<char, std::char_traits<char>, std::allocator<char>>::~basic_string()",
    ),
    (
        "_ZNSoC1Ev",
        "std::basic_ostream<char, std::char_traits<char>>::basic_ostream()",
    ),
    ("_ZNSaIcEC1Ev", "std::allocator<char>::allocator()"),
    (
        "_ZNSbIcSt11char_traitsIcESaIcEEC1Ev",
        "std::basic_string<char, std::char_traits<char>, std::allocator<char>>::basic_string()",
    ),
    ("_ZNSsB5cxx11C1Ev", "std::string[abi:cxx11]::string()"),
    ("_Z1fSsB5cxx11", "f(std::string[abi:cxx11])"),
    ("_ZlsRSoRK1A", "operator<<(std::ostream&, A const&)"),
    ("_Zli2_xy", "operator\"\" _x(unsigned long long)"),
    ("_Zli2_xPKc", "operator\"\" _x(char const*)"),
    ("_ZN1A2cvEv", "A::cv()"),
    ("_ZN1AawEv", "A::operator co_await()"),
    ("_ZN1AssERKS_", "A::operator<=>(A const&)"),
    ("_ZN1AnwEm", "A::operator new(unsigned long)"),
    ("_ZN1AnaEm", "A::operator new[](unsigned long)"),
    ("_ZN1AdlEPv", "A::operator delete(void*)"),
    ("_ZN1AdaEPv", "A::operator delete[](void*)"),
    ("_ZN1AclEv", "A::operator()()"),
    ("_ZN1AixEi", "A::operator[](int)"),
    ("_ZN1AptEv", "A::operator->()"),
    ("_ZN1ApmEi", "A::operator->*(int)"),
    ("_ZN1AcmEi", "A::operator,(int)"),
    ("_ZN1AppEi", "A::operator++(int)"),
    ("_ZN1AquEv", "A::operator?()"),
    ("_ZN1Av33fooEv", "A::operator foo()"),
    ("_ZTV1A", "vtable for A"),
    ("_ZTCN1AE0_1B", "construction vtable for B-in-A"),
    ("_ZTC1A8_1B", "construction vtable for B-in-A"),
    ("_ZThn16_N1A1fEv", "non-virtual thunk to A::f()"),
    ("_ZTv0_n24_N1A1fEv", "virtual thunk to A::f()"),
    ("_ZTch0_h0_N1A1fEv", "covariant return thunk to A::f()"),
    ("_ZTcv0_n24_h0_N1A1fEv", "covariant return thunk to A::f()"),
    ("_ZGVZ1fvE1x", "guard variable for f()::x"),
    ("_ZGR1x_", "reference temporary for x"),
    ("_ZGR1x0_", "reference temporary for x"),
    ("_ZGRZ1fvE1x_", "reference temporary for f()::x"),
    ("_ZTW1x", "thread-local wrapper routine for x"),
    ("_ZTH1x", "thread-local initialization routine for x"),
    ("_ZTAXtl1ALi1EEE", "template parameter object for A{1}"),
    ("_ZGIW3foo", "initializer for module foo"),
    ("_ZGIW3fooW3bar", "initializer for module foo.bar"),
    ("_ZW3foo1fv", "f@foo()"),
    ("_ZW3fooWP3bar1fv", "f@foo:bar()"),
    ("_ZN1AW3foo1fEv", "A::f@foo()"),
    ("_ZW3foo1fW_1g", "_ZW3foo1fW_1g"),
    ("_ZDC1a1bE", "[a, b]"),
    ("_ZN1ADC1a1bEE", "A::[a, b]"),
    ("_ZZ1fvE1x", "f()::x"),
    ("_ZZ1fvE1x_0", "f()::x"),
    ("_ZZ1fvE1x__10_", "f()::x"),
    ("_ZZ1fvEs", "f()::string literal"),
    ("_ZZ1fvEs_0", "f()::string literal"),
    ("_ZZ1fvEd_1x", "f()::x"),
    ("_ZZ1fvEd0_N1A1xE", "f()::A::x"),
    (
        "_ZZ1fiENKUlvE_clEv",
        "f(int)::'lambda'()::operator()() const",
    ),
    (
        "_ZZ1fiENKUlvE0_clEv",
        "f(int)::'lambda0'()::operator()() const",
    ),
    ("_ZZ1fiEUt_", "f(int)::'unnamed'"),
    ("_ZZ1fiEUt0_", "f(int)::'unnamed0'"),
    ("_ZN1AUt_E", "A::'unnamed'"),
    ("_ZN1AUt_C1Ev", "A::'unnamed'::()"),
    ("_ZN1AUlvE_C1Ev", "A::'lambda'()::()"),
    ("_ZNK1xMUlvE_clEv", "x::'lambda'()::operator()() const"),
    ("_ZNK3$_0clEv", "$_0::operator()() const"),
    (
        "_ZZ1fvENKUlTyT_E_clIiEEDaS_",
        "auto f()::'lambda'<typename $T>($T)::operator()<int>($T) const",
    ),
    (
        "_ZZ1fvENKUlTyTL0__E_clIiEEDai",
        "_ZZ1fvENKUlTyTL0__E_clIiEEDai",
    ),
    (
        "_ZZ1fvENKUlTnivE_clILi3EEEDav",
        "auto f()::'lambda'<int $N>()::operator()<3>() const",
    ),
    (
        "_ZZ1fvENKUlTtTyETL0__IiEE_clI1AEEDav",
        "_ZZ1fvENKUlTtTyETL0__IiEE_clI1AEEDav",
    ),
    (
        "_ZZ1fvENKUlTpTyDpTL0__E_clIJiiEEEDav",
        "_ZZ1fvENKUlTpTyDpTL0__E_clIJiiEEEDav",
    ),
    (
        "_ZZ1fvENKUlTyQLb1EvE_clIiEEDav",
        "auto f()::'lambda'<typename $T> requires true ()::operator()<int>() const",
    ),
    (
        "_ZZ1fvENKUlTk1CT_E_clIiEEDav",
        "auto f()::'lambda'<C $T>($T)::operator()<int>() const",
    ),
    (
        "_ZZ1fvENKUlT_T0_E_clIiiEEDaii",
        "auto f()::'lambda'(auto, auto)::operator()<int, int>(int, int) const",
    ),
    ("_Z1fIiQLb1EEvv", "void f<int>()"),
    ("_Z1fIiEvvQLb1E", "void f<int>() requires true"),
    ("_Z1fIiEvT_Q1CIS0_E", "void f<int>(int) requires C<int>"),
    ("_Z1fIiEvT_QrqXfp_EE", "_Z1fIiEvT_QrqXfp_EE"),
    (
        "_Z1fIiEvT_QrqXfp_NR1CXfp0_R1DTiQLb1EEE",
        "_Z1fIiEvT_QrqXfp_NR1CXfp0_R1DTiQLb1EEE",
    ),
    ("_Z1fIiEvT_QrQT__Xfp_EE", "_Z1fIiEvT_QrQT__Xfp_EE"),
    ("_ZN1AF1fEv", "A::friend f()"),
    ("_ZN1AIiEF1fEv", "A<int>::friend f()"),
    ("_ZN1AHfEv", "_ZN1AHfEv"),
    ("_ZNH1A1fES_", "A::f(this A)"),
    ("_ZNH1A1fEi", "A::f(this int)"),
    ("_ZN1AL1xE", "A::x"),
    ("_ZL1x", "x"),
    ("_ZL1fv", "f()"),
    ("_Z1fB3abcv", "f[abi:abc]()"),
    ("_ZN1AB3abc1fB3defEv", "A[abi:abc]::f[abi:def]()"),
    ("_Z1fITyiEvv", "void f<int>()"),
    ("_Z1fITnDaLi3EEvv", "void f<3>()"),
    ("_Z1fITtTyE1AEvv", "void f<A>()"),
    ("_Z1fITpTyJiiEEvv", "void f<int, int>()"),
    ("_Z1fIJEEvDpT_", "void f<>()"),
    ("_Z1fIJEiEvDpT_T0_", "void f<int>(int)"),
    ("_Z1fIJiiEEvDpPT_", "void f<int, int>(int*, int*)"),
    (
        "_Z1fIJiiEEvDpFvT_E",
        "void f<int, int>(void (int), void (int))",
    ),
    (
        "_Z1fIJicEJdfEEv1AIJDpT_EEDpT0_",
        "void f<int, char, double, float>(A<int, char>, double, float)",
    ),
    ("_Z1fIiEvT_RS0_OS0_", "void f<int>(int, int&, int&&)"),
    ("_Z1fIRiEvOT_", "void f<int&>(int&)"),
    ("_Z1fIOiEvOT_", "void f<int&&>(int&&)"),
    ("_Z1fIRiEvRT_", "void f<int&>(int&)"),
    ("_Z1fI1AEvMT_i", "void f<A>(int A::*)"),
    ("_Z1f1AIXgtLi1ELi2EEE", "f(A<(1 > 2)>)"),
    ("_Z1f1AIXrsLi1ELi2EEE", "f(A<(1 >> 2)>)"),
    ("_Z1f1AIXplLi1EgtLi2ELi3EEE", "f(A<1 + (2 > 3)>)"),
    ("_Z1f1AIXmlplLi1ELi2ELi3EEE", "f(A<(1 + 2) * 3>)"),
    ("_Z1f1AIXplmlLi1ELi2ELi3EEE", "f(A<1 * 2 + 3>)"),
    ("_Z1f1AIXmiLi1EmiLi2ELi3EEE", "f(A<1 - (2 - 3)>)"),
    ("_Z1f1AIXaSLi1EaSLi2ELi3EEE", "f(A<1 = 2 = 3>)"),
    ("_Z1f1AIXcmLi1ELi2EEE", "f(A<(1, 2)>)"),
    ("_Z1f1AIXngLin3EEE", "f(A<--3>)"),
    ("_Z1f1AIXntaaLb1ELb0EEE", "f(A<!(true && false)>)"),
    (
        "_Z1fILb1ELc65ELa1ELh1ELs1ELt1Ej3ELj3ELl3ELm3ELx3ELy3ELn3ELo3ELw3EEvv",
        "_Z1fILb1ELc65ELa1ELh1ELs1ELt1Ej3ELj3ELl3ELm3ELx3ELy3ELn3ELo3ELw3EEvv",
    ),
    ("_Z1fILDnEEvv", "void f<nullptr>()"),
    ("_Z1fILDn0EEvv", "void f<nullptr>()"),
    ("_Z1fILA3_KcEEvv", "void f<\"<char const [3]>\">()"),
    ("_Z1fIXLUlvE_EEEvv", "void f<[](){...}>()"),
    ("_Z1fIXsoi1aEEEvv", "void f<a.<int at offset 0>>()"),
    (
        "_Z1fIXadsoKcL_Z1aE8EEEvv",
        "void f<&a.<char const at offset 8>>()",
    ),
    (
        "_Z1fIXsoKcL_Z1aE8_0_1pEEEvv",
        "void f<a.<char const at offset 8>>()",
    ),
    (
        "_Z1fIXmcM1AiadL_ZN1A1xEEn8EEEvv",
        "void f<(int A::*)(&A::x)>()",
    ),
    ("_Z1fIXtl1Adi1xLi1EEEEvv", "void f<A{.x = 1}>()"),
    ("_Z1fIXtl1AdxLi1ELi2EEEEvv", "void f<A{[1] = 2}>()"),
    (
        "_Z1fIXtl1AdXLi1ELi2ELi3EEEEvv",
        "void f<A{[1 ... 2] = 3}>()",
    ),
    ("_Z1fIXtl1Adi1xdi1yLi1EEEEvv", "void f<A{.x.y = 1}>()"),
    ("_Z1fIXtl1Adi1xtl1BLi1EEEEEvv", "void f<A{.x = B{1}}>()"),
    ("_Z1fIXcl1gEEEvv", "void f<g()>()"),
    ("_Z1fIXcp1gLi1EEEEvv", "void f<(g)(1)>()"),
    ("_Z1fIXcl1gLi1ELi2EEEEvv", "void f<g(1, 2)>()"),
    (
        "_Z1fIXu7__foobariXLi1EEEEEvv",
        "void f<__fooba(int restrict, 1)>()",
    ),
    ("_Z1fIXu8__uuidoft1AEEvv", "void f<__uuidof(A)>()"),
    ("_Z1fIXu8__uuidofz1aEEvv", "void f<__uuidof(a)>()"),
    ("_Z1fIiEDTdtfp_dn1AET_", "decltype(fp.~A) f<int>(int)"),
    (
        "_Z1fIiEDTdtfp_onplET_",
        "decltype(fp.operator+) f<int>(int)",
    ),
    (
        "_Z1fIiEDTclonplfp_EET_",
        "decltype(operator+(fp)) f<int>(int)",
    ),
    ("_Z1fIiEDTsrT_dn1AET_", "decltype(int::~A) f<int>(int)"),
    ("_Z1fIiEDTsrNT_1AE1BET_", "decltype(int::A::B) f<int>(int)"),
    ("_Z1fIiEDTsrN1AIiE1BE1CET_", "_Z1fIiEDTsrN1AIiE1BE1CET_"),
    ("_Z1fIiEDTfL0p_ET_", "decltype(fp) f<int>(int)"),
    ("_Z1fIiEDTfpTET_", "decltype(this) f<int>(int)"),
    ("_Z1fIiEDTfpK_ET_", "decltype(fp) f<int>(int)"),
    ("_Z1fIiEvDpT_", "void f<int>(int...)"),
    ("_Z1fUa9enable_ifIXLb1EEEi", "f(int) [enable_if:true]"),
    (
        "_Z1fUa9enable_ifIXgefL0p_LNSt7_zzELi0EEXlefL0p_Li10EEEi",
        "_Z1fUa9enable_ifIXgefL0p_LNSt7_zzELi0EEXlefL0p_Li10EEEi",
    ),
    (
        "___Z1fv_block_invoke",
        "invocation function for block in f()",
    ),
    (
        "___Z1fv_block_invoke_2",
        "invocation function for block in f()",
    ),
    (
        "___Z1fv_block_invoke2",
        "invocation function for block in f()",
    ),
    (
        "____Z1fv_block_invoke.1",
        "invocation function for block in f()",
    ),
    ("_Z1fv.part.0", "f() (.part.0)"),
    ("_Z1fv.llvm.123", "f() (.llvm.123)"),
    ("_Z1fv.cold", "f() (.cold)"),
    ("_Z1x.0", "x (.0)"),
    ("_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f()"),
    ("_ZN3foo12_GLOBAL__N_1E", "foo::(anonymous namespace)"),
    ("_Z1fTs1A", "f(struct A)"),
    ("_Z1fTu1A", "f(union A)"),
    ("_Z1fTe1A", "f(enum A)"),
    ("_Z1fDkT_", "_Z1fDkT_"),
    ("_Z1fIiEvDk1C", "void f<int>(C auto)"),
    ("_Z1fDK1C", "f(C decltype(auto))"),
    ("_Z1fIDaEvv", "void f<auto>()"),
    ("_Z4mainiPPc", "main(int, char**)"),
    ("_Z", "_Z"),
    ("_Z1", "_Z1"),
    ("_Z0", "_Z0"),
    ("_Z1fSt", "_Z1fSt"),
    ("_Z1fS_", "_Z1fS_"),
    ("_Z1fS0_", "_Z1fS0_"),
    ("_Z1fT_", "_Z1fT_"),
    ("_Z1fDB8_", "f(_BitInt(8))"),
    ("_Z1fDU8_", "f(unsigned _BitInt(8))"),
    ("_Z1fDBstT__", "_Z1fDBstT__"),
    ("_ZUlvE_", "'lambda'()"),
    ("_Z1fUlvE_", "_Z1fUlvE_"),
    ("_Z1fUt_", "_Z1fUt_"),
    ("_ZUt_", "'unnamed'"),
    ("_Z1fIUlvE_EvT_", "_Z1fIUlvE_EvT_"),
    ("_ZNSt1AE", "std::A"),
    ("_ZSt1A", "std::A"),
    ("_ZNSt1AIiE1BE", "std::A<int>::B"),
    ("_ZSt1fIiEvv", "void std::f<int>()"),
    ("_ZTISt9exception", "typeinfo for std::exception"),
    ("_ZTSN1AIiEE", "typeinfo name for A<int>"),
    ("_ZSt4cout", "std::cout"),
    ("_ZNKSt1AcvbEv", "std::A::operator bool() const"),
    ("_ZNVK1A1fEv", "A::f() const volatile"),
    ("_ZNKR1A1fEv", "A::f() const &"),
    ("_ZNO1A1fEv", "A::f() &&"),
    ("_ZNrVKR1A1fEv", "A::f() const volatile restrict &"),
    ("_Z1fPrKc", "f(char const restrict*)"),
    ("_Z1fPVKc", "f(char const volatile*)"),
    ("_Z1fz", "f(...)"),
    ("_Z1fvv", "_Z1fvv"),
    ("_Z1fiv", "f(int, void)"),
    ("_Z1fDpi", "f(int...)"),
    ("_Z1fIiEvDTgsdlfp_E", "void f<int>(decltype(::delete fp))"),
    (
        "_ZN4core3fmt9Formatter3new17h0123456789abcdefE",
        "core::fmt::Formatter::new::h0123456789abcdef",
    ),
    (
        "_ZN71_$LT$T$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
        "_ZN71_$LT$T$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
    ),
    (
        "_Z1fIiEvT_Q1CIS0_T0_E",
        "void f<int>(int) requires C<int, T0>",
    ),
    (
        "_Z1fIiEvT_Q1CIS0_T_E",
        "void f<int>(int) requires C<int, T>",
    ),
    ("_Z1fIiEvT_Q1CITL0__E", "void f<int>(int) requires C<TL0_>"),
    (
        "_Z1fIiEvT_Q1CITL0_0_E",
        "void f<int>(int) requires C<TL0_0>",
    ),
    ("_Z1fIiEvT_QrqXfp_QTL1__EE", "_Z1fIiEvT_QrqXfp_QTL1__EE"),
    ("_Z1fIiEDTrqXfp_XtlT0_EEEET_", "_Z1fIiEDTrqXfp_XtlT0_EEEET_"),
    ("_Z1fIiEDTrQT0__XtlT0_EEEET_", "_Z1fIiEDTrQT0__XtlT0_EEEET_"),
    ("_Z1fIiEDTrQT__XtlT_EEEET_", "_Z1fIiEDTrQT__XtlT_EEEET_"),
    (
        "_ZZ1fvENKUlTyQ1CITL0__E1ATL0__E_clIiEEDaTL0__",
        "_ZZ1fvENKUlTyQ1CITL0__E1ATL0__E_clIiEEDaTL0__",
    ),
    (
        "_ZZ1fvENKUlTyQ1CIT_EvE_clIiEEDav",
        "auto f()::'lambda'<typename $T> requires C<T> ()::operator()<int>() const",
    ),
    ("_Z1fITyQ1CITL0__EiEvv", "_Z1fITyQ1CITL0__EiEvv"),
    ("_Z1fITtTyQ1CITL1__EE1AEvv", "void f<A>()"),
    ("_Z1fIiQ1CITL0__EEvv", "void f<int>()"),
];

#[test]
fn names_of_cpp_have_llvms_text() {
    for &(name, text) in NAMES {
        let found = cpp(name);
        assert_eq!(found.as_deref().unwrap_or(name), text, "{name}");
    }
}

#[test]
fn rust_names_are_read_in_messages_and_as_llvm_does_in_strict_mode() {
    let old = "_ZN4core3fmt9Formatter3new17h0123456789abcdefE";
    assert_eq!(readable(old), "core::fmt::Formatter::new");
    assert_eq!(as_llvm(old), "core::fmt::Formatter::new::h0123456789abcdef");
    let new = "_RNvCsdoiTCwrFJQr_4core4main.llvm.1";
    assert_eq!(readable(new), "core::main");
    assert_eq!(as_llvm(new), "core::main (.llvm.1)");
    assert_eq!(as_llvm("._Z1fv"), ".f()");
    assert_eq!(as_llvm("__Z1fv"), "f()");
    for plain in ["", "_", "main", "_Zx", "_ZN", "Z", "__wasm_call_ctors"] {
        assert_eq!(readable(plain), plain);
        assert_eq!(as_llvm(plain), plain);
    }
}

/// Hostile names take neither long nor much stack.
#[test]
fn hostile_names_stay_as_they_are() {
    let number = |n: usize| {
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let (high, low) = (digits[n / 36 % 36], digits[n % 36]);
        String::from_utf8_lossy(&[high, low]).into_owned()
    };
    let deep = format!("_Z1f{}i", "P".repeat(100_000));
    let chained: String = (0..1000).map(|at| format!("PS{}_", number(at))).collect();
    let doubled: String = (0..40)
        .map(|at| format!("1aIS{0}_S{0}_E", number(at * 2)))
        .collect();
    for name in [
        deep,
        format!("_Z1fP1a{chained}"),
        format!("_Z1f1aI1bE{doubled}"),
    ] {
        if let Some(text) = cpp(&name) {
            assert!(text.len() < 1 << 22);
        }
    }
}
