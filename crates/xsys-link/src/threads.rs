//! The threads of a link, each with a heap that is large from the beginning.
//!
//! glibc gives each thread a heap of its own and enlarges it by a system call for every few pages: a
//! thousand calls in a link of 50 ms, and each stops the page faults of other threads. A large block
//! that is allocated and freed makes the heap large at once. It also raises the size from which glibc
//! maps blocks instead (`mallopt(3)`, `M_MMAP_THRESHOLD`), so that large blocks come from the heap, too.
//! The block is never touched, so it takes no memory. Other allocators are not affected.
//!
//! The calling thread is one of the pool's and does most of the work that is not parallel: the heap of
//! the first thread can grow without limit, while those of others consist of pieces of 64 MiB, each of
//! which starts small.
//!
//! The kernel is advised to use huge pages for the first part of the heap (`madvise(2)`,
//! `MADV_HUGEPAGE`), since a third of the system time of a link is page faults there. Not for all of it: on
//! virtual machines that return free memory to the host, huge pages have to be fetched again. If the
//! system always or never uses huge pages, the advice changes nothing.

use std::hint::black_box;

use rayon::ThreadPoolBuilder;

/// Below the largest threshold that glibc accepts (`M_MMAP_THRESHOLD`), which is half of a heap's largest
/// size.
const LARGE: usize = 31 << 20;
/// At least as large as a page of any system.
#[cfg(target_os = "linux")]
const PAGE: usize = 64 << 10;

/// Does `work` in a pool with this number of threads, or one for each processor. If the system does not
/// allow so many threads, there are fewer.
pub(crate) fn run<R: Send>(threads: Option<usize>, work: impl FnOnce() -> R + Send) -> R {
    let pool = || {
        ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .start_handler(|_| make_room())
    };
    // A thread can be in one pool only, even after that is gone: in a second link it is not in the pool.
    let own = pool().use_current_thread().build();
    if own.is_ok() {
        make_room();
    }
    match own.or_else(|_| pool().build()) {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

fn make_room() {
    let block = |size| {
        let mut block = Vec::<u8>::new();
        // It is only an optimisation, so a failure does not matter.
        let _ = block.try_reserve_exact(size);
        black_box(block)
    };
    // This one is mapped, and raises the threshold when it is freed.
    drop(block(LARGE));
    // These two are in the heap, one after the other.
    let small = LARGE - (1 << 20);
    let room = (block(small), block(small));
    advise(&room.0);
}

/// Advises the kernel to use huge pages for the capacity of `room`.
///
/// Invariant that makes this sound: the range is within one live allocation of ours, and the advice
/// changes neither what the memory contains nor how it may be accessed, also after it is freed.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the one place where memory is advised")]
fn advise(room: &Vec<u8>) {
    use rustix::mm::{Advice, madvise};
    let start = room.as_ptr().align_offset(PAGE).min(room.capacity());
    let size = (room.capacity() - start) / PAGE * PAGE;
    if size > 0 {
        let start = room.as_ptr().wrapping_add(start).cast_mut();
        // SAFETY: see above. It is only advice, so a kernel without huge pages may refuse it.
        let _ = unsafe { madvise(start.cast(), size, Advice::LinuxHugepage) };
    }
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &Vec<u8>) {}
