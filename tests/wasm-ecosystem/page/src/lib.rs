//! What a page shows: text, and a picture that is computed here.

use wasm_bindgen::prelude::*;

/// How many numbers below a limit are prime, and the last of them.
#[wasm_bindgen]
pub fn primes(limit: u32) -> String {
    let is_prime = |number: &u32| (2..=number.isqrt()).all(|divisor| number % divisor != 0);
    let found: Vec<u32> = (2..limit).filter(is_prime).collect();
    format!("{} up to {}", found.len(), found.last().copied().unwrap_or(0))
}

/// A square of the Mandelbrot set, four bytes a pixel.
#[wasm_bindgen]
pub fn picture(size: u32) -> Vec<u8> {
    let place = |at: u32| f64::from(at) / f64::from(size) * 3.0;
    (0..size * size)
        .flat_map(|pixel| {
            let (x, y) = (place(pixel % size) - 2.2, place(pixel / size) - 1.5);
            let (mut a, mut b, mut steps) = (0.0, 0.0, 0u8);
            while steps < 51 && a * a + b * b < 4.0 {
                (a, b) = (a * a - b * b + x, 2.0 * a * b + y);
                steps += 1;
            }
            [steps * 5, steps * 2, 255 - steps * 5, 255]
        })
        .collect()
}
