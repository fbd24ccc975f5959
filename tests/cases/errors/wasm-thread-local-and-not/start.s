.globaltype __tls_base, i32
.globl get
get:
    .functype get () -> (i32)
    global.get __tls_base
    i32.const mine@TLSREL
    i32.add
    i32.load 0
    end_function
