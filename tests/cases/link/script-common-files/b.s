    .comm b_common, 8, 8
