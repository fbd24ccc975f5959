hbreak breakpoint
continue
backtrace 1
kill
