//! xsys
fn main() {}
