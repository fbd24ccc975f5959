fn main() {
    let o = xsys_link::link_command_line(
        xsys_link::Flavor::Gnu,
        &std::env::args_os().skip(1).collect::<Vec<_>>(),
    );
    print!("{}", o.stdout);
    for d in &o.diagnostics {
        eprintln!("{d}");
    }
    std::process::exit(i32::from(o.failed));
}
