// ASSERT sees final addresses; a failing one says its message and the place.
//# args: -T link.x
//# expect-error: the text is too large
//# expect-error: link.x:6
    .text
    .globl start
start: .space 64
