//! What crosses the border to JavaScript in every form that glue code has: strings, numbers,
//! slices, closures in both directions, structs, results and JavaScript's own values.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Math)]
    fn max(a: f64, b: f64) -> f64;
    #[wasm_bindgen(catch, js_namespace = JSON)]
    fn parse(text: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}! {}", max(1.5, 2.5))
}

#[wasm_bindgen]
pub fn half(number: i32) -> Result<i32, JsError> {
    match number % 2 {
        0 => Ok(number / 2),
        _ => Err(JsError::new(&format!("{number} is odd"))),
    }
}

#[wasm_bindgen]
pub fn apply(function: &js_function::Function, numbers: Vec<f64>) -> Vec<f64> {
    numbers
        .into_iter()
        .map(|number| function.call(number))
        .collect()
}

/// A function of JavaScript's, without js-sys.
mod js_function {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = Function)]
        pub type Function;
        #[wasm_bindgen(method, js_name = call)]
        fn call_with(this: &Function, receiver: &JsValue, number: f64) -> f64;
    }

    impl Function {
        pub fn call(&self, number: f64) -> f64 {
            self.call_with(&JsValue::NULL, number)
        }
    }
}

/// A counter in Rust that JavaScript calls.
#[wasm_bindgen]
pub fn counter() -> Closure<dyn FnMut(u32) -> u32> {
    let mut total = 0;
    Closure::new(move |step| {
        total += step;
        total
    })
}

#[wasm_bindgen]
pub fn kind_of(text: &str) -> String {
    match parse(text) {
        Ok(value) if value.is_object() => "object".to_owned(),
        Ok(value) => value
            .as_string()
            .map_or("other".to_owned(), |text| format!("string {text}")),
        Err(_) => "error".to_owned(),
    }
}

#[wasm_bindgen]
pub struct Stack {
    words: Vec<String>,
}

#[wasm_bindgen]
impl Stack {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self { words: Vec::new() }
    }

    pub fn push(&mut self, word: String) {
        self.words.push(word);
    }

    #[wasm_bindgen(getter)]
    pub fn top(&self) -> Option<String> {
        self.words.last().cloned()
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self::new()
    }
}
