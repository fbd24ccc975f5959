.syntax unified
.globl first, __acle_se_first
.type first, %function
.type __acle_se_first, %function
first:
__acle_se_first: bxns lr
