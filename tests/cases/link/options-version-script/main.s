// A version script makes symbols of an executable local; so does VERSION in a script.
//# args: -T link.x --version-script=versions.txt
//# shows: --version-script=versions.txt
//# compare: rust-lld
//# check: start == 0x1000
    .text
    .globl start, public_one, private, public_secret
start: .quad private
public_one: .quad 1
private: .quad 2
public_secret: .quad 3
