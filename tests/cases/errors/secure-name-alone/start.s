.syntax unified
.text
.globl _start
.thumb_func
_start: bx lr
.globl __acle_se_open
.type __acle_se_open, %function
__acle_se_open:
bx lr
