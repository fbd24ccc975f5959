#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Console, "{info}");
    exit(false)
}

/// `xsys test` runs each test on a machine of its own.
#[cfg(test)]
mod tests {
    use super::*;

    /// How tests are told what happens.
    #[unsafe(no_mangle)]
    fn xsys_test_print(text: &str) {
        // It never reports an error.
        let _ = Console.write_str(text);
    }

    #[unsafe(no_mangle)]
    fn xsys_test_exit(success: bool) -> ! {
        exit(success)
    }

    #[test]
    fn squares_add_up() {
        assert_eq!(sum_of_squares(5), 55);
    }
}
