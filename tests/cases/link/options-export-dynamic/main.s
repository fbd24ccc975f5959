// -E keeps global symbols, for whoever may look for them.
//# args: -e start --gc-sections -E
//# shows: -E
//# present: plugin
//# absent: local
    .section .text.start, "ax"
    .globl start
start: ret
    .section .text.plugin, "ax"
    .globl plugin
plugin: ret
    .section .text.local, "ax"
local: ret
