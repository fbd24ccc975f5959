//! The types that rustc's `#[test]` writes values of: names and fields are rustc's, of 1.95.
//!
//! Spec: `compiler/rustc_builtin_macros/src/test.rs`, and `library/test/src/types.rs`.

pub use TestFn::*;
pub use TestName::*;
pub use core::hint::black_box;

pub enum TestName {
    StaticTestName(&'static str),
}

impl TestName {
    pub fn as_slice(&self) -> &str {
        let Self::StaticTestName(name) = self;
        name
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestType {
    UnitTest,
    IntegrationTest,
    DocTest,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShouldPanic {
    No,
    Yes,
    YesWithMessage(&'static str),
}

/// A test that failed; why, it has said itself.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

pub enum TestFn {
    StaticTestFn(fn() -> Result<(), Failed>),
    StaticBenchFn(fn(&mut Bencher) -> Result<(), Failed>),
}

pub struct TestDesc {
    pub name: TestName,
    pub ignore: bool,
    pub ignore_message: Option<&'static str>,
    pub source_file: &'static str,
    pub start_line: usize,
    pub start_col: usize,
    pub end_line: usize,
    pub end_col: usize,
    pub should_panic: ShouldPanic,
    pub compile_fail: bool,
    pub no_run: bool,
    pub test_type: TestType,
}

pub struct TestDescAndFn {
    pub desc: TestDesc,
    pub testfn: TestFn,
}

/// A benchmark runs once, as in `cargo test`: an emulator's time says nothing.
#[derive(Clone, Default)]
pub struct Bencher {
    pub bytes: u64,
}

impl Bencher {
    pub fn iter<T, F: FnMut() -> T>(&mut self, mut inner: F) {
        black_box(inner());
    }
}
