.globl main
main: call std_rt_lang_start
