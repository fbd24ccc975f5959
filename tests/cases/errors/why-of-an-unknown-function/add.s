.globl _start
_start:
  .functype _start () -> ()
  call helper
  end_function
.globl helper
helper:
  .functype helper () -> ()
  end_function
