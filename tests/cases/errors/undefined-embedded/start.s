.globl _start
_start:
    .long _critical_section_1_0_acquire
    .long _embassy_time_now
    .long __pender
    .long rust_begin_unwind
    .long __rust_no_alloc_shim_is_unstable_v2
    .long _defmt_timestamp
    .long __getrandom_v03_custom
    .long __atomic_load_8
    .long __sync_fetch_and_add_4
