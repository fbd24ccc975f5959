(module
  (type $callback (func (param i32)))
  (memory (export "memory") 17)
  (table 2 funcref)
  (elem (i32.const 1) $"mine::run::{{closure}}")
  (global (mut i32) (i32.const 1048576))
  (func $_start (export "_start") (call $mine::run))
  (func $mine::run
    (call $core::fmt::write (i32.const 1))
    
    (call_indirect (type $callback) (i32.const 7) (i32.const 1)))
  (func $"mine::run::{{closure}}" (param i32) (nop) (nop))
  (func $core::fmt::write (param i32) (call $"<alloc::string::String as core::fmt::Write>::write_str"))
  (func $"<alloc::string::String as core::fmt::Write>::write_str" (nop))
  (func $memcpy (nop))
  (data $.rodata (i32.const 1048576) "the quick brown fox")
  (@custom ".debug_info" "0123456789")
  (@custom "producers" "\00"))
