fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let threads: Vec<_> = words
        .into_iter()
        .map(|word| std::thread::spawn(move || format!("{word} from a thread")))
        .collect();
    for thread in threads {
        println!("{}", thread.join().unwrap());
    }
    std::process::exit(5);
}
