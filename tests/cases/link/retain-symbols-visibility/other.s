    .hidden h
    .data
    .quad h, p, d
