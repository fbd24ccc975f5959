    .section .custom_section.__llvm_covfun,"",@
    .int8 4
    .int8 5
    .section .custom_section.__llvm_covmap,"",@
    .int8 7
    .section .custom_section.others,"",@
    .int8 9
