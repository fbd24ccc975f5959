//! A derive that needs nothing but the standard library: it runs on the machine that builds.

use proc_macro::{TokenStream, TokenTree};

/// `Name::NAME`, the name of the type.
#[proc_macro_derive(Named)]
pub fn named(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let is_struct = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word.to_string() == "struct");
    tokens.find(is_struct).expect("a struct");
    let name = tokens.next().expect("a name").to_string();
    format!("impl {name} {{ pub const NAME: &'static str = \"the type {name}\"; }}")
        .parse()
        .unwrap()
}
