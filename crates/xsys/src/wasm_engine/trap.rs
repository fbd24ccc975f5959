//! The message for a program that trapped: why, where, and by which calls.
//!
//! The active calls come from the memory that [`record`](super::record) adds; their meaning is read from the original
//! module. The message looks like rustc's: the error, the source line if there is one, the calls as a note, and help.

use std::path::Path;

use wasmi::{Error, Instance, Store, TrapCode, Val};
use xsys_diag::{Diagnostic, Source};

use crate::error::{Failure, Result};
use crate::wasm_engine::guest::remains;
use crate::wasm_engine::host;
use crate::wasm_engine::panics::{self, Panic};
use crate::wasm_engine::record::{CALLS, DEPTH, ENTERED, LAST_INDEX, STACK, TRAPS};
use crate::wasm_engine::symbols::{Called, Frame, Symbols};
use crate::wasm_engine::types::lower;
use crate::wasm_engine::wasi;
use crate::wasm_engine::{Host, MAX_CALLS};

/// What a shell reports of a process that aborted: 128 + SIGABRT.
pub(super) const TRAPPED: u8 = 134;

/// How many calls are shown at both ends of a long list.
const SHOWN: usize = 24;
const SHOWN_LAST: usize = 8;

/// Space that functions may use below the stack pointer.
const LEAF: u64 = 1024;

/// A trap before the module was instantiated.
pub(super) fn before_the_start(wasm: &[u8], error: Error) -> Result<i32> {
    if let Some(code) = error.i32_exit_status() {
        return Ok(code);
    }
    let place = "while the module was being set up";
    let problem = Diagnostic::error(format!("the program trapped {place}: {}", lower(&error)));
    let problem = match error.as_trap_code() {
        Some(TrapCode::MemoryOutOfBounds) => problem.note(format!(
            "its data does not fit its memory at the start ({} bytes in all)",
            wasm.len()
        )),
        _ => problem,
    };
    Err(failure(problem))
}

/// What an early end means: `exit`, or a trap.
pub(super) fn ended(
    wasm: &[u8],
    store: &Store<Host>,
    instance: Instance,
    error: &Error,
    place: &str,
) -> Result<i32> {
    if let Some(code) = error.i32_exit_status() {
        return Ok(code);
    }
    let symbols = Symbols::read(wasm);
    let calls = remains(store, instance, CALLS).unwrap_or_default();
    let depth = match instance
        .get_global(store, DEPTH)
        .map(|global| global.get(store))
    {
        Some(Val::I32(depth)) => usize::try_from(depth).unwrap_or(0),
        _ => 0,
    };
    let memory = instance.get_memory(store, "memory");
    let is_64 = memory.is_some_and(|memory| memory.ty(store).is_64());
    let bytes = remains(store, instance, "memory").unwrap_or_default();
    let trap = Trap {
        symbols: &symbols,
        active: active(calls, depth),
        last_index: word(calls, LAST_INDEX as usize),
        panic: panics::last(calls, bytes, is_64, &symbols),
        memory: bytes.len(),
        stack: instance
            .get_global(store, STACK)
            .and_then(|global| match global.get(store) {
                Val::I32(addr) => Some(addr.cast_unsigned().into()),
                Val::I64(addr) => Some(addr.cast_unsigned()),
                _ => None,
            }),
        error,
    };
    Err(failure(trap.describe(place)))
}

fn failure(problem: Diagnostic) -> Failure {
    Failure {
        diagnostics: vec![problem],
        code: TRAPPED,
    }
}

fn word(calls: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    if let Some(bytes) = calls.get(at..at + 4) {
        word.copy_from_slice(bytes);
    }
    u32::from_le_bytes(word)
}

/// The words of the active calls, the innermost first.
fn active(calls: &[u8], depth: usize) -> Vec<u32> {
    let depth = depth.min(calls.len().saturating_sub(4)) / 4;
    (1..=depth).rev().map(|at| word(calls, at * 4)).collect()
}

fn offset(word: u32) -> u32 {
    word & !(TRAPS | ENTERED)
}

/// Everything that is known of a trap.
struct Trap<'a> {
    symbols: &'a Symbols<'a>,
    /// The innermost call first.
    active: Vec<u32>,
    last_index: u32,
    panic: Option<Panic>,
    memory: usize,
    /// How far the program's stack had grown.
    stack: Option<u64>,
    error: &'a Error,
}

impl Trap<'_> {
    fn describe(&self, place: &str) -> Diagnostic {
        let code = self.error.as_trap_code();
        let frames = self.frames();
        let machinery = self.machinery(&frames);
        let stopped = code == Some(TrapCode::UnreachableCodeReached);
        let panicked = stopped && machinery.is_some() && self.panic.is_some();
        let message = match &self.panic {
            Some(panic) if panicked => {
                let Panic {
                    file, line, column, ..
                } = panic;
                let place = format!("the program panicked at {file}:{line}:{column}");
                match &panic.message {
                    Some(text) => format!("{place}: {text}"),
                    None => place,
                }
            }
            _ => format!("the program trapped {place}: {}", self.reason(code)),
        };
        let mut problem = Diagnostic::error(message).code("wasm-trap");
        let start = machinery.filter(|_| stopped).map_or(0, |last| last + 1);
        if let Some((source, span)) = snippet(&frames[start.min(frames.len())..]) {
            problem = problem.label(&source, span, "");
        }
        problem = self.explain(problem, code, &frames, panicked);
        if !frames.is_empty() {
            problem = problem.note(self.list(&frames, start));
        }
        if !self.active.is_empty() && !self.symbols.has_lines() {
            problem = problem.help(match self.symbols.has_names() {
                true => {
                    "for lines, build with debug information: `debug = \"line-tables-only\"` \
                         in the profile"
                }
                false => {
                    "for names and lines, build with `strip = false` and \
                          `debug = \"line-tables-only\"` in the profile"
                }
            });
        }
        problem
    }

    /// The engine's message, or a better one.
    fn reason(&self, code: Option<TrapCode>) -> String {
        match code {
            Some(TrapCode::UnreachableCodeReached) => "`unreachable` was executed".to_owned(),
            Some(TrapCode::MemoryOutOfBounds) if self.stack_ran_out() => {
                "a stack overflow".to_owned()
            }
            Some(TrapCode::MemoryOutOfBounds) => {
                format!("an access outside of its memory ({} bytes)", self.memory)
            }
            Some(TrapCode::TableOutOfBounds) => "an index outside of a table".to_owned(),
            Some(TrapCode::IndirectCallToNull) => {
                "a call through a table entry that is empty".to_owned()
            }
            Some(TrapCode::IntegerDivisionByZero) => "an integer division by zero".to_owned(),
            Some(TrapCode::IntegerOverflow) => {
                "a number that its integer type cannot hold, of a division or a float".to_owned()
            }
            Some(TrapCode::BadConversionToInteger) => {
                "a float that is no number, where an integer is made of it".to_owned()
            }
            Some(TrapCode::BadSignature) => "an indirect call of another type".to_owned(),
            Some(TrapCode::StackOverflow) => "a stack overflow".to_owned(),
            _ => lower(self.error),
        }
    }

    fn explain(
        &self,
        problem: Diagnostic,
        code: Option<TrapCode>,
        frames: &[Shown],
        panicked: bool,
    ) -> Diagnostic {
        let named = |part: &str| {
            frames
                .iter()
                .any(|frame| frame.frame.function.contains(part))
        };
        match code {
            Some(TrapCode::UnreachableCodeReached) => {
                let out_of_memory = named("handle_alloc_error")
                    || named("alloc_error_handler")
                    || named("rust_oom");
                if out_of_memory {
                    problem
                        .note(format!(
                            "memory ran out: the program has {} bytes of it",
                            self.memory
                        ))
                        .help("the most it can have is the linker's `--max-memory`, or 4 GiB")
                } else if self.symbols.imports_from(wasi::MODULE)
                    || self.symbols.imports(host::MODULE, "eprint")
                {
                    // It can print its own error, and has done so.
                    problem
                } else if panicked {
                    problem.note(
                        "std has no standard error on this target: a program that wants to print \
                         its panics itself sets a panic hook that calls `xsys.eprint`",
                    )
                } else {
                    problem
                        .note(
                            "panics and aborts end in this trap; on this target std prints nothing",
                        )
                        .help("set a panic hook that calls `xsys.eprint` to see a panic's message")
                }
            }
            Some(TrapCode::StackOverflow) => self
                .recursion(problem)
                .help("the program recurses too deeply; look for a recursion without an end"),
            Some(TrapCode::BadSignature) => self.signatures(problem),
            Some(TrapCode::MemoryOutOfBounds) => self.outside(problem),
            Some(TrapCode::TableOutOfBounds | TrapCode::IndirectCallToNull) => {
                match self.called() {
                    Some(Called::Indirect { ty, .. }) => problem.note(format!(
                        "it called entry {} as `{}`: a function pointer that is no function's",
                        self.last_index,
                        self.symbols.type_text(ty).unwrap_or_default()
                    )),
                    _ => problem,
                }
            }
            _ => problem,
        }
    }

    /// What the innermost call was about to call.
    fn called(&self) -> Option<Called> {
        let innermost = *self.active.first()?;
        (innermost & (TRAPS | ENTERED) == 0)
            .then(|| self.symbols.called(innermost))
            .flatten()
    }

    fn signatures(&self, problem: Diagnostic) -> Diagnostic {
        let problem =
            problem.note("a function pointer was called with another type than the function has");
        let Some(Called::Indirect { ty, table }) = self.called() else {
            return problem;
        };
        let problem = match self.symbols.type_text(ty) {
            Some(ty) => problem.note(format!("the call is for `{ty}`")),
            None => problem,
        };
        let Some(function) = self.symbols.element(table, self.last_index.into()) else {
            return problem.note(format!("the pointer is {}", self.last_index));
        };
        let ty = self.symbols.function_type(function).unwrap_or_default();
        problem.note(format!(
            "the pointer, {}, is that of `{}`: `{ty}`",
            self.last_index,
            self.symbols.name(function)
        ))
    }

    /// The functions that most of the calls belong to.
    fn recursion(&self, problem: Diagnostic) -> Diagnostic {
        let mut counts = std::collections::BTreeMap::new();
        for &word in &self.active {
            if let Some(function) = self.symbols.function_at(offset(word)) {
                *counts.entry(function).or_insert(0usize) += 1;
            }
        }
        let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|&(function, count)| (std::cmp::Reverse(count), function));
        let most = counts.first().map_or(0, |&(_, count)| count);
        // Functions that call each other in a circle occur equally often.
        counts.retain(|&(_, count)| count * 2 > most && count > 2);
        counts.truncate(4);
        let mut problem = problem;
        for (function, count) in counts {
            problem = problem.note(format!(
                "`{}` is in {count} of the {} active calls",
                self.symbols.name(function),
                self.active.len()
            ));
        }
        match self.active.len() + 64 >= MAX_CALLS {
            true => problem.note(format!("the engine has room for {MAX_CALLS} calls")),
            false => problem,
        }
    }

    /// A stack at the lowest addresses ends at address 0, and wraps around there. Leaf functions
    /// use memory below the pointer without moving it.
    fn stack_ran_out(&self) -> bool {
        let inside = LEAF..=self.memory as u64;
        self.stack.is_some_and(|addr| !inside.contains(&addr))
    }

    fn outside(&self, problem: Diagnostic) -> Diagnostic {
        if self.stack_ran_out() {
            let problem = match self.symbols.stack_size {
                Some(size) => problem.note(format!("the program's stack is {size} bytes large")),
                None => problem,
            };
            return self.recursion(problem).help(
                "end the recursion, keep large things on the heap, or make the stack larger: \
                 `-C link-arg=-zstack-size=BYTES`",
            );
        }
        let exact = self.active.first().is_some_and(|word| word & TRAPS != 0);
        if exact || self.active.is_empty() {
            return problem;
        }
        let problem = problem.note(
            "single loads and stores are not recorded: of the innermost function the line is that \
             of its last call, or of its beginning",
        );
        match self.called() {
            Some(Called::Function(function)) if self.symbols.is_plain(function) => {
                problem.note(format!(
                    "the access may also be in `{}`, which it calls",
                    self.symbols.name(function)
                ))
            }
            _ => problem,
        }
    }

    /// The active calls as source locations; a call may be several by inlining, and recursion is
    /// shown once.
    fn frames(&self) -> Vec<Shown> {
        let mut runs: Vec<(u32, usize)> = Vec::new();
        for &word in &self.active {
            match runs.last_mut() {
                Some((last, times)) if *last == word => *times += 1,
                _ => runs.push((word, 1)),
            }
        }
        let mut frames = Vec::new();
        let middle = runs.len().saturating_sub(SHOWN_LAST);
        for (at, &(word, times)) in runs.iter().enumerate() {
            // In a long recursion of several functions only the ends are looked up.
            if at >= SHOWN && at < middle {
                if at == SHOWN {
                    let left_out = &runs[SHOWN..middle];
                    frames.push(Shown {
                        left_out: left_out.iter().map(|(_, times)| times).sum(),
                        ..Shown::default()
                    });
                }
                continue;
            }
            let found = self.symbols.frames(offset(word));
            frames.extend(found.into_iter().map(|frame| Shown {
                frame,
                times,
                left_out: 0,
            }));
        }
        frames
    }

    /// The last of the innermost frames that belong to the panic or abort itself.
    fn machinery(&self, frames: &[Shown]) -> Option<usize> {
        const BEGINNINGS: [&str; 18] = [
            "core::panicking::",
            "std::panicking::",
            "core::result::unwrap_failed",
            "core::option::unwrap_failed",
            "core::option::expect_failed",
            "core::cell::panic_",
            "core::slice::index::slice_",
            "core::str::slice_error_fail",
            "alloc::raw_vec::handle_error",
            "alloc::raw_vec::capacity_overflow",
            "alloc::alloc::handle_alloc_error",
            "std::alloc::",
            "std::process::abort",
            "rust_begin_unwind",
            "rust_panic",
            "__rustc",
            "abort",
            "panic_fmt",
        ];
        let end = frames.iter().position(|shown| {
            let name = &shown.frame.function;
            name.contains("__rust_begin_short_backtrace") || name.contains("catch_unwind")
        });
        frames[..end.unwrap_or(frames.len())]
            .iter()
            .take(40)
            .rposition(|shown| {
                let name = shown.frame.function.trim_start_matches('<');
                BEGINNINGS.iter().any(|begin| name.starts_with(begin))
            })
    }

    fn list(&self, frames: &[Shown], start: usize) -> String {
        let full = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value == "full");
        let start = if full { 0 } else { start.min(frames.len()) };
        let end = match full {
            true => frames.len(),
            false => frames
                .iter()
                .position(|shown| {
                    let name = &shown.frame.function;
                    name.contains("__rust_begin_short_backtrace")
                })
                .filter(|&end| end > start)
                .unwrap_or(frames.len()),
        };
        let mut text = "the calls, the innermost first".to_owned();
        for (at, shown) in frames[start..end].iter().enumerate() {
            let frame = &shown.frame;
            if shown.left_out != 0 {
                text.push_str(&format!("\n      … {} more calls", shown.left_out));
                continue;
            }
            text.push_str(&format!("\n{at:>4}: {}", frame.function));
            if shown.times > 1 {
                text.push_str(&format!(" ({} times)", shown.times));
            }
            if let (Some(file), Some(line)) = (&frame.file, frame.line) {
                text.push_str(&format!("\n        at {}:{line}", near(file)));
                if let Some(column) = frame.column {
                    text.push_str(&format!(":{column}"));
                }
            }
        }
        let hidden = frames.len() - (end - start);
        if hidden != 0 {
            text.push_str(&format!(
                "\n      and {hidden} of the standard library, which `RUST_BACKTRACE=full` shows"
            ));
        }
        text
    }
}

/// A line of the list.
#[derive(Default)]
struct Shown {
    frame: Frame,
    /// The number of recursive calls.
    times: usize,
    /// Calls that are not looked up; the frame has no location then.
    left_out: usize,
}

/// A path as the user would write it.
fn near(file: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    // The standard library's sources are wherever rustc was built or is installed.
    for part in ["/rustlib/src/rust/library/", "/library/"] {
        if let Some((before, after)) = file.split_once(part)
            && (part.len() > 10 || before.starts_with("/rustc/"))
        {
            return format!("library/{after}");
        }
    }
    let path = Path::new(file);
    let path = path.strip_prefix(here).unwrap_or(path);
    // Compilers join their directory and the path they were given.
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// The first line of the user's own sources: a file that exists and belongs to no dependency.
fn snippet(frames: &[Shown]) -> Option<(Source, std::ops::Range<usize>)> {
    for Shown { frame, .. } in frames.iter().take(SHOWN) {
        let (Some(file), Some(line)) = (&frame.file, frame.line) else {
            continue;
        };
        let foreign = [
            "/rustc/",
            "/registry/src/",
            "/rustlib/src/",
            "/git/checkouts/",
        ];
        if foreign.iter().any(|part| file.contains(part)) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(file) else {
            continue;
        };
        let mut start = 0;
        let mut lines = text.split_inclusive('\n');
        for _ in 1..line {
            start += lines.next()?.len();
        }
        let content = lines.next()?;
        let indent = content.len() - content.trim_start().len();
        let column = frame.column.map_or(indent, |column| column as usize - 1);
        let begin = start + column.min(content.trim_end().len());
        let end = match frame.column {
            Some(_) => begin,
            None => start + content.trim_end().len(),
        };
        let source = Source {
            path: near(file).into(),
            text: text.into(),
        };
        return Some((source, begin..end.max(begin)));
    }
    None
}
