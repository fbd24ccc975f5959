fn main() {
    let greeting = "hello";
    if cfg!(feature = "loud") {
        println!("{}", greeting.to_uppercase());
    } else {
        println!("{greeting}");
    }
}
