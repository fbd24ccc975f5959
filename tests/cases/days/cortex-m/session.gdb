break logger::record
continue
print value
backtrace
continue
