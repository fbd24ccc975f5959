//! The threads of a link, and room for each of them to allocate in.
//!
//! glibc gives a thread a heap of its own and lets it grow by a system call for every few pages: a
//! thousand calls in a link of 50 ms, each of which stops the other threads' page faults. A large
//! block that is asked for and given back leaves the heap that large, and changes what glibc takes for
//! large (`mallopt(3)`, `M_MMAP_THRESHOLD`), so that later blocks come from there. Nobody touches the block,
//! so it takes no memory. Other allocators do not care.
//!
//! The calling thread is one of the pool's, and most of what one thread does alone it does: the heap of
//! a program's first thread has no end, those of others consist of pieces of 64 MiB, each of which
//! grows from nothing again.
//!
//! The kernel is told that the first of this room may come in huge pages (`madvise(2)`,
//! `MADV_HUGEPAGE`): a third of the system time of a link is page faults of its heap. Not all of it: on
//! virtual machines that give free memory back, huge pages have to be fetched again. Where the
//! system uses them of its own accord, or never, the advice changes nothing.

use std::hint::black_box;

use rayon::ThreadPoolBuilder;

/// Below the most that glibc takes for small if it is told so, which is half of the most that it lets a
/// heap become.
const LARGE: usize = 31 << 20;
/// At least as large as a page of any system.
#[cfg(target_os = "linux")]
const PAGE: usize = 64 << 10;

/// Does `work` in a pool of so many threads, or one for each processor; where the system refuses so
/// many, in what it grants.
pub(crate) fn run<R: Send>(threads: Option<usize>, work: impl FnOnce() -> R + Send) -> R {
    let pool = || {
        ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .start_handler(|_| make_room())
    };
    // A thread can be in one pool, and stays there when it is gone: whoever links again is a guest.
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
        // Where there is no room, there is none.
        let _ = block.try_reserve_exact(size);
        black_box(block)
    };
    // This one is mapped, and moves the threshold when it is given back.
    drop(block(LARGE));
    // These are in the heap, side by side.
    let small = LARGE - (1 << 20);
    let room = (block(small), block(small));
    advise(&room.0);
}

/// Says that the spare memory of `room` is going to be used, most of it.
///
/// Invariant that makes this sound: the range lies within one live allocation of ours, and the advice
/// changes neither what the memory contains nor how it may be accessed. What the allocator does
/// with it afterwards is its own matter.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the one place where memory is advised")]
fn advise(room: &Vec<u8>) {
    use rustix::mm::{Advice, madvise};
    let start = room.as_ptr().align_offset(PAGE).min(room.capacity());
    let size = (room.capacity() - start) / PAGE * PAGE;
    if size > 0 {
        let start = room.as_ptr().wrapping_add(start).cast_mut();
        // SAFETY: see above. It is advice: that a kernel without huge pages refuses is no problem.
        let _ = unsafe { madvise(start.cast(), size, Advice::LinuxHugepage) };
    }
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &Vec<u8>) {}
