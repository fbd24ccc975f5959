    .globl weakly, weakly_marker
weakly:
weakly_marker: ret
