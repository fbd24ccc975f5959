    .globl both
both:
    add $1, %edi
    ret
