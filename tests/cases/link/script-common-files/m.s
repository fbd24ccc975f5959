    .comm member_common, 16, 8
    .globl member_common
