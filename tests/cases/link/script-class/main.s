// CLASS gathers sections under a name; the first output section that refers to it gets them. Rules of
// classes and sections are tried in the order in which they stand.
//# args: -T link.x
//# bytes: .first = 01 02 04 03
//# bytes: .second = 09 05
//# compare: rust-lld
    .macro in name, value
    .section \name, "aw"
    .byte \value
    .endm
    in .d.b, 2
    in .d.a, 1
    in .e.x, 3
    in .d.c, 4
    in .f, 5
    in .g, 9
