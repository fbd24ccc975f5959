use proc_macro::TokenStream;

/// What the compiler's own machine was told.
#[proc_macro]
pub fn host_flags(_: TokenStream) -> TokenStream {
    let text = if cfg!(for_the_target) {
        "the macro has the target's flags"
    } else {
        "the macro has no flags"
    };
    format!("{text:?}").parse().unwrap()
}
