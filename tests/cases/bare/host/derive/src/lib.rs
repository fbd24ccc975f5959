//! A procedural macro, which rustc loads as a shared library.

use proc_macro::TokenStream;

#[proc_macro_derive(Name)]
pub fn name(input: TokenStream) -> TokenStream {
    let mut words = input.into_iter().map(|tree| tree.to_string());
    let name = words.by_ref().skip_while(|word| word != "struct").nth(1).unwrap();
    format!("impl {name} {{ const NAME: &str = {name:?}; }}").parse().unwrap()
}
