    .section .gnu.lto_.inline.56e085fea64a2d1f, "e", %progbits
    .long 1
    .comm __gnu_lto_slim, 1, 1
