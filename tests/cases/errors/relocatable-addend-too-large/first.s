.data
.space 0x10000
