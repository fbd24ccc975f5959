//! Writes the output of both linkers, cut into jobs that threads do in any order.
//!
//! If the output can be written part by part, adjacent jobs are put into one buffer, which is reused for the
//! next ones. So the output is never in memory as a whole, neither as a copy nor as a mapping, and a large write
//! costs the system less than the page faults of a mapping: on ext4, where fresh extents are zeroed when a
//! mapping is first touched, a fifth, on tmpfs four fifths. The bytes do not depend on the number of threads.

use std::ops::Range;

use rayon::prelude::*;

use crate::spare::Spare;

/// The size of a buffer before it is written. Buffers of this size stay in a processor's cache.
const BATCH: usize = 256 << 10;
/// From this size on, bytes that are in memory already are written from there, not copied to a buffer.
const DIRECT: usize = 64 << 10;
/// Up to this size, the zeros between two jobs are written with them.
const HOLE: u64 = 4 << 10;

/// An independent part of the work, and where its bytes go in the output. Jobs are in order and do not
/// overlap; the bytes between them are zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<J> {
    /// Where its bytes start.
    pub offset: u64,
    /// How many there are.
    pub size: usize,
    /// The work that makes them.
    pub job: J,
}

/// Jobs that are written together.
struct Batch {
    jobs: Range<usize>,
    offset: u64,
    size: usize,
}

/// Does jobs in place: `fill` gets each job's part of the output. Jobs outside of the output are left out.
pub(crate) fn in_memory<J: Send + Sync>(
    jobs: Vec<Placed<J>>,
    out: &mut [u8],
    fill: impl Fn(&Placed<J>, &mut [u8]) + Sync,
) {
    let mut rest = out;
    let mut at = 0;
    let mut placed = Vec::with_capacity(jobs.len());
    for job in jobs {
        let Placed { offset, size, .. } = job;
        let skip = offset
            .checked_sub(at)
            .and_then(|skip| usize::try_from(skip).ok());
        let tail = skip.and_then(|skip| rest.split_at_mut_checked(skip));
        let own = tail.and_then(|(_, tail)| tail.split_at_mut_checked(size));
        let Some((own, tail)) = own else { break };
        (rest, at) = (tail, offset + size as u64);
        placed.push((job, own));
    }
    placed
        .into_par_iter()
        .for_each(|(job, place)| fill(&job, place));
}

/// Does jobs in buffers, which are passed to `put` with their offsets, in any order. `fill` has to write all bytes
/// of its buffer; `bytes` gives those of a job if they are in memory already.
///
/// # Errors
/// `put` fails; the first error is returned.
pub(crate) fn in_parts<J: Sync, E: Send>(
    jobs: &[Placed<J>],
    bytes: impl Fn(&J) -> Option<&[u8]> + Sync,
    fill: impl Fn(&Placed<J>, &mut [u8]) + Sync,
    put: impl Fn(u64, &[u8]) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let spare: Spare<Vec<u8>> = Spare::default();
    batches(jobs, &bytes).into_par_iter().try_for_each(|batch| {
        let jobs = &jobs[batch.jobs];
        if let [only] = jobs
            && let Some(bytes) = bytes(&only.job)
        {
            return put(batch.offset, bytes);
        }
        spare.lend(|buffer| {
            if buffer.len() < batch.size {
                buffer.resize(batch.size.max(BATCH), 0);
            }
            let whole = &mut buffer[..batch.size];
            let mut end = 0;
            for job in jobs {
                let at = (job.offset - batch.offset) as usize;
                whole[end..at].fill(0);
                end = at + job.size;
                fill(job, &mut whole[at..end]);
            }
            put(batch.offset, whole)
        })
    })
}

/// Puts adjacent jobs together.
fn batches<J>(jobs: &[Placed<J>], bytes: impl Fn(&J) -> Option<&[u8]>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut full = true;
    for (at, placed) in jobs.iter().enumerate() {
        let Placed { offset, size, .. } = *placed;
        let alone = size >= DIRECT && bytes(&placed.job).is_some();
        let last = batches.last_mut().filter(|last| {
            let hole = offset - (last.offset + last.size as u64);
            // A small job is written together with a large one before it.
            !full && !alone && hole <= HOLE && (last.size + size <= BATCH || size < DIRECT)
        });
        match last {
            Some(last) => {
                last.jobs.end = at + 1;
                last.size = (offset - last.offset) as usize + size;
                full = last.size >= BATCH;
            }
            None => {
                batches.push(Batch {
                    jobs: at..at + 1,
                    offset,
                    size,
                });
                full = alone || size >= BATCH;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    static TEXT: [u8; DIRECT] = [0; DIRECT];

    /// Whether a job's bytes are in memory already and large; and its size.
    type JobSize = (bool, usize);

    fn ready(&(direct, size): &JobSize) -> Option<&[u8]> {
        (direct && size == DIRECT).then_some(&TEXT)
    }

    #[test]
    fn batches_cover_everything_in_order() {
        let sizes = [
            10,
            DIRECT,
            10,
            BATCH - 10,
            1,
            DIRECT - 1,
            BATCH,
            0,
            DIRECT,
            3 * BATCH,
            7,
        ];
        for (direct, hole) in [
            (false, 0),
            (true, 0),
            (false, 1),
            (true, HOLE),
            (true, HOLE + 1),
        ] {
            let mut offset = 0;
            let jobs = sizes.map(|size| {
                let at = offset;
                offset += size as u64 + hole;
                Placed {
                    offset: at,
                    size,
                    job: (direct, size),
                }
            });
            let mut job = 0;
            for batch in batches(&jobs, ready) {
                let inside = &jobs[batch.jobs.clone()];
                assert_eq!((batch.jobs.start, batch.offset), (job, inside[0].offset));
                let last = inside[inside.len() - 1];
                assert_eq!(
                    batch.offset + batch.size as u64,
                    last.offset + last.size as u64
                );
                let many = inside.len() > 1;
                assert!(!many || (batch.size < BATCH + DIRECT + HOLE as usize && hole <= HOLE));
                assert!(!many || inside.iter().all(|placed| ready(&placed.job).is_none()));
                job = batch.jobs.end;
            }
            assert_eq!(job, sizes.len());
        }
    }

    #[test]
    fn both_ways_write_the_same() {
        // Jobs of all sizes, some side by side, with holes that stay zero.
        let mut at = 3;
        let jobs: Vec<Placed<u8>> = (1..200u64)
            .map(|number| {
                let size = (number * number * 37 % 40_000) as usize;
                let offset = at;
                at += size as u64 + if number % 3 == 0 { number * 61 } else { 0 };
                Placed {
                    offset,
                    size,
                    job: number as u8,
                }
            })
            .collect();
        let total = at as usize + 5;
        let fill = |job: &Placed<u8>, place: &mut [u8]| place.fill(job.job);
        let mut mapped = vec![0; total];
        in_memory(jobs.clone(), &mut mapped, fill);
        let written = std::sync::Mutex::new(vec![0xcc; total]);
        let touched = std::sync::Mutex::new(vec![false; total]);
        in_parts(
            &jobs,
            |_| None,
            fill,
            |offset, bytes| {
                let (from, to) = (offset as usize, offset as usize + bytes.len());
                written.lock().unwrap()[from..to].copy_from_slice(bytes);
                let mut touched = touched.lock().unwrap();
                assert!(touched[from..to].iter().all(|touched| !touched));
                touched[from..to].fill(true);
                Ok::<(), ()>(())
            },
        )
        .unwrap();
        let (mut written, touched) = (written.into_inner().unwrap(), touched.into_inner().unwrap());
        for (byte, _) in written
            .iter_mut()
            .zip(touched)
            .filter(|(_, touched)| !touched)
        {
            *byte = 0;
        }
        assert!(written == mapped);
    }
}
