//! What the engine of `xsys run` offers. On this target std itself can neither print nor read the
//! time; another host (a browser, a plugin) may offer the same functions under the same names.

#[link(wasm_import_module = "xsys")]
unsafe extern "C" {
    #[link_name = "print"]
    fn xsys_print(ptr: *const u8, len: usize);
    #[link_name = "eprint"]
    fn xsys_eprint(ptr: *const u8, len: usize);
    #[link_name = "arg_count"]
    fn xsys_arg_count() -> usize;
    #[link_name = "arg_len"]
    fn xsys_arg_len(index: usize) -> usize;
    #[link_name = "arg_copy"]
    fn xsys_arg_copy(index: usize, ptr: *mut u8);
}

/// Writes a line to standard output.
pub fn print_line(line: &str) {
    let line = format!("{line}\n");
    // SAFETY: the host reads `len` bytes at `ptr` and keeps nothing.
    unsafe { xsys_print(line.as_ptr(), line.len()) }
}

/// Writes a line to standard error.
pub fn eprint_line(line: &str) {
    let line = format!("{line}\n");
    // SAFETY: as above.
    unsafe { xsys_eprint(line.as_ptr(), line.len()) }
}

/// The program's arguments, without its name.
pub fn arguments() -> Vec<String> {
    // SAFETY: the host writes as many bytes as it said the argument has.
    let argument = |index| unsafe {
        let mut bytes = vec![0; xsys_arg_len(index)];
        xsys_arg_copy(index, bytes.as_mut_ptr());
        String::from_utf8_lossy(&bytes).into_owned()
    };
    // SAFETY: the function takes and keeps nothing.
    (0..unsafe { xsys_arg_count() }).map(argument).collect()
}
