// VERSION is read in full: anonymous and named nodes, `global:` and `local:`, `extern`, parents.
//# args: -T link.x
//# present: start
    .text
    .globl start
start: ret
