set pagination off
set confirm off
set backtrace limit 40
break dep::largest<u16>
continue
list
delete
break app::panic
continue
backtrace
list app::main
