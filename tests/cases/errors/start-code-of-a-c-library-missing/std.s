.globl std_rt_lang_start
std_rt_lang_start: ret
