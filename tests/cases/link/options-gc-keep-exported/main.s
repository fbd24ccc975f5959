// --gc-keep-exported keeps what is visible from outside, but for what a version script hides.
//# args: -e start -Ttext=0x1000 --gc-sections --gc-keep-exported --version-script=versions.txt
//# shows: --gc-keep-exported
//# present: start visible
//# absent: hidden unlisted local
    .text
    .globl start
start: .quad 0
    .section .text.visible, "ax"
    .globl visible
visible: .quad 0
    .section .text.hidden, "ax"
    .globl hidden
    .hidden hidden
hidden: .quad 0
    .section .text.unlisted, "ax"
    .globl unlisted
unlisted: .quad 0
    .section .text.local, "ax"
local: .quad 0
