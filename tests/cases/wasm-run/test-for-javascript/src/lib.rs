//! A library whose tests need JavaScript.

#[cfg(test)]
mod tests {
    #[test]
    fn describes() {
        wasm_bindgen::describe();
    }
}
