break blink
continue
backtrace
list 34,36
kill
