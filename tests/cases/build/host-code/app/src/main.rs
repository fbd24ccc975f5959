fn main() {
    let flags = if cfg!(for_the_target) { "with" } else { "without" };
    println!("{} {} flags", env!("BUILT_FOR"), flags);
    println!("{}", macros::host_flags!());
}
