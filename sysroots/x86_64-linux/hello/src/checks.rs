//! The checks: each says what it saw, or what is wrong.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

type Outcome = Result<String, Box<dyn Error>>;

type Check = (&'static str, fn() -> Outcome);

/// Names and checks, in the order they run.
pub const ALL: &[Check] = &[
    ("channels", channels),
    ("scoped threads", scoped_threads),
    ("thread locals", thread_locals),
    ("hash map", hash_map),
    ("files", files),
    ("tcp", tcp),
    ("time", time),
    ("caught panic", caught_panic),
    ("backtrace", backtrace),
];

fn expect(condition: bool, reason: impl Into<String>) -> Result<(), Box<dyn Error>> {
    if condition {
        Ok(())
    } else {
        Err(reason.into().into())
    }
}

/// Four threads send, one receives.
fn channels() -> Outcome {
    let (sender, receiver) = mpsc::channel();
    let threads: Vec<_> = (0..4u64)
        .map(|thread| {
            let sender = sender.clone();
            thread::spawn(move || {
                for n in 0..1000 {
                    sender
                        .send(thread * 1000 + n)
                        .expect("the receiver is there");
                }
            })
        })
        .collect();
    drop(sender);
    let (mut count, mut sum) = (0, 0);
    for value in receiver {
        count += 1;
        sum += value;
    }
    for thread in threads {
        thread.join().map_err(|_| "a sender panicked")?;
    }
    expect(
        (count, sum) == (4000, 7_998_000),
        format!("{count} values, sum {sum}"),
    )?;
    Ok(format!("{count} values from 4 threads"))
}

/// Threads that borrow from this function's stack, and a lock they fight for.
fn scoped_threads() -> Outcome {
    let numbers: Vec<u64> = (1..=10_000).collect();
    let total = Mutex::new(0);
    thread::scope(|scope| {
        for part in numbers.chunks(2500) {
            let total = &total;
            scope.spawn(move || {
                let sum: u64 = part.iter().map(|n| n * n).sum();
                *total.lock().expect("no holder panics") += sum;
            });
        }
    });
    let total = total.into_inner()?;
    expect(total == 333_383_335_000, format!("sum of squares {total}"))?;
    Ok(format!("sum of squares {total}"))
}

static DROPPED: AtomicU32 = AtomicU32::new(0);

struct CountsDrop(u32);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0, Ordering::SeqCst);
    }
}

thread_local! {
    static LOCAL: RefCell<CountsDrop> = const { RefCell::new(CountsDrop(1)) };
}

/// Each thread has its own value, and its destructor runs when the thread ends.
fn thread_locals() -> Outcome {
    for step in 0..3 {
        thread::spawn(move || LOCAL.with_borrow_mut(|value| value.0 += step))
            .join()
            .map_err(|_| "a thread panicked")?;
    }
    let dropped = DROPPED.load(Ordering::SeqCst);
    expect(
        dropped == 1 + 2 + 3,
        format!("destructors added {dropped} instead of 6"),
    )?;
    let own = LOCAL.with_borrow(|value| value.0);
    expect(own == 1, format!("this thread sees {own} instead of 1"))?;
    Ok("3 destructors ran".to_owned())
}

/// Hash maps seed themselves with random numbers from the system.
fn hash_map() -> Outcome {
    let text = "the quick brown fox jumps over the lazy dog while the cat sleeps";
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for word in text.split(' ') {
        *counts.entry(word).or_default() += 1;
    }
    expect(
        counts["the"] == 3 && counts.len() == 11,
        format!("{counts:?}"),
    )?;
    let sorted: BTreeMap<_, _> = counts.iter().collect();
    let first = sorted.first_key_value().ok_or("nothing in the map")?;
    expect(*first.0 == &"brown", format!("{sorted:?}"))?;
    Ok(format!("{} words", counts.len()))
}

/// A file is written, renamed, read and removed in a directory of its own.
fn files() -> Outcome {
    let directory = std::env::temp_dir().join(format!("hello-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let (draft, file) = (directory.join("draft"), directory.join("file"));
    let content: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    fs::write(&draft, &content)?;
    fs::rename(&draft, &file)?;
    let read = fs::read(&file)?;
    let names = fs::read_dir(&directory)?.count();
    fs::remove_dir_all(&directory)?;
    expect(read == content, format!("{} other bytes", read.len()))?;
    expect(names == 1, format!("{names} files instead of one"))?;
    expect(!directory.exists(), "the directory is still there")?;
    Ok(format!("{} bytes", read.len()))
}

/// An echo server on the loopback interface, in a thread.
fn tcp() -> Outcome {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> std::io::Result<u64> {
        let (mut stream, _) = listener.accept()?;
        let mut reply = stream.try_clone()?;
        std::io::copy(&mut stream, &mut reply)
    });
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"hello over tcp")?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let echoed = server.join().map_err(|_| "the server panicked")??;
    expect(answer == "hello over tcp", format!("got {answer:?}"))?;
    Ok(format!("{echoed} bytes echoed"))
}

/// The clock goes on, and sleeping takes time.
fn time() -> Outcome {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(20));
    let slept = start.elapsed();
    expect(
        (Duration::from_millis(20)..Duration::from_secs(20)).contains(&slept),
        format!("20 ms took {slept:?}"),
    )?;
    Ok("slept 20 ms".to_owned())
}

#[inline(never)]
fn checked_index(values: &[u32], index: usize) -> u32 {
    values[index]
}

/// A panic unwinds, runs destructors on its way, and is caught.
fn caught_panic() -> Outcome {
    let before = DROPPED.load(Ordering::SeqCst);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(|| {
        let _counts = CountsDrop(100);
        checked_index(black_box(&[1, 2, 3]), black_box(7))
    });
    panic::set_hook(hook);
    let payload = match result {
        Ok(value) => return Err(format!("no panic, but {value}").into()),
        Err(payload) => payload,
    };
    let message = payload
        .downcast_ref::<String>()
        .ok_or("the panic has no message")?;
    let dropped = DROPPED.load(Ordering::SeqCst) - before;
    expect(dropped == 100, "the destructor did not run")?;
    expect(message.contains("index is 7"), message.clone())?;
    Ok(message.clone())
}

#[inline(never)]
fn inner_frame() -> Backtrace {
    let trace = Backtrace::force_capture();
    // Something to do afterwards keeps this frame on the stack.
    black_box(&trace);
    trace
}

#[inline(never)]
fn outer_frame() -> Backtrace {
    let trace = inner_frame();
    black_box(&trace);
    trace
}

/// The stack has names: unwind tables and symbols are where the program expects them.
fn backtrace() -> Outcome {
    let text = outer_frame().to_string();
    for name in ["inner_frame", "outer_frame", "main"] {
        expect(
            text.contains(name),
            format!("`{name}` is not in it:\n{text}"),
        )?;
    }
    let frames = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("at "))
        .count();
    Ok(format!("{frames} frames"))
}
