    .syntax unified
    .thumb
    .section .text.acquire, "ax"
    .globl _log_acquire, _log_release
    .type _log_acquire, %function
    .type _log_release, %function
    .thumb_func
_log_acquire: cpsid i
    bx lr
    .thumb_func
_log_release: cpsie i
    bx lr
    .section .text.timestamp, "ax"
    .globl _log_default_timestamp
    .type _log_default_timestamp, %function
    .thumb_func
_log_default_timestamp: movs r0, #0
    bx lr
    .section .text.panic, "ax"
    .globl _log_default_panic
    .type _log_default_panic, %function
    .thumb_func
_log_default_panic: b.w .
