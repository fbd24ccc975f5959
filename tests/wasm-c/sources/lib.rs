//! Names the crates whose C and C++ sources scripts/test-wasm-c compiles.
