// Records of coverage are aligned to 8 bytes: `llvm-cov` finds the second only there.
//# args: --no-entry
//# bytes: __llvm_covfun = 01 02 03 00 00 00 00 00 04 05
//# bytes: __llvm_covmap = 06 00 00 00 00 00 00 00 07
//# bytes: others = 08 09
//# compare: rust-lld

    .section .custom_section.__llvm_covfun,"",@
    .int8 1
    .int8 2
    .int8 3
    .section .custom_section.__llvm_covmap,"",@
    .int8 6
    .section .custom_section.others,"",@
    .int8 8
