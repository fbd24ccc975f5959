//! Filling the output: what is planned, cut into jobs that are done in parallel.
//!
//! Where the output can be written piece by piece, jobs that lie side by side are put together in a
//! buffer, which is used again for the next ones: neither the output nor a mapping of it ever is in
//! memory as a whole, and a large write costs the system a third of what the page faults of a mapping
//! cost. The bytes do not depend on how many threads there are.

use std::ops::Range;

use rayon::prelude::*;

use super::build_id;
use super::debug::{self, Shard};
use super::gaps;
use super::layout::{COVERAGE_ALIGN, OutputCustom};
use super::memory::Source;
use super::module::{Module, Piece};
use super::object::Custom;
use super::relocate::{self, Chunk, tombstone};
use super::symbols::{FileId, FunctionRef};
use super::write::Planned;
use crate::spare::Spare;

/// How much is put together before it is written. Buffers of this size stay in a processor's cache.
const BATCH: usize = 256 << 10;
/// From this size on, bytes that are there already are written from where they are.
const DIRECT: usize = 64 << 10;

/// What can be filled independently of everything else.
enum Job<'p, 's, 'a> {
    /// A piece that is not divided.
    Piece(&'p Piece<'s, 'a>),
    /// Bytes.
    Bytes(&'p [u8]),
    /// Some of the strings of a pool.
    Strings(&'p Shard<'a>),
    /// What is left of an input section, with the name of the output section.
    Input(&'a str, FileId, u32),
}

/// Jobs that are written together.
struct Batch {
    jobs: Range<usize>,
    offset: u64,
    size: usize,
}

impl<'a> Planned<'_, '_, 'a> {
    /// Whether the module has to be read once it is there.
    pub fn is_read_back(&self) -> bool {
        build_id::reads(&self.module().options.build_id)
    }

    /// Writes the module into bytes of its size, whatever they contain.
    pub fn write(&self, out: &mut [u8]) {
        let mut rest = &mut *out;
        let mut jobs = Vec::new();
        for (job, size) in self.jobs() {
            let (place, after) = rest.split_at_mut(size);
            rest = after;
            jobs.push((job, place));
        }
        jobs.into_par_iter()
            .for_each(|(job, place)| self.module().fill(&job, place));
        build_id::fill(&self.module().options.build_id, out);
    }

    /// Writes the module in parts that `put` gets with their offsets, in any order. Not for modules that
    /// are [read back](Self::is_read_back).
    pub fn write_parts<E: Send>(
        &self,
        put: impl Fn(u64, &[u8]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let jobs = self.jobs();
        let spare: Spare<Vec<u8>> = Spare::default();
        batches(&jobs).into_par_iter().try_for_each(|batch| {
            let jobs = &jobs[batch.jobs];
            if let [(job, _)] = jobs
                && let Some(bytes) = job.bytes()
            {
                return put(batch.offset, bytes);
            }
            spare.lend(|buffer| {
                if buffer.len() < batch.size {
                    buffer.resize(batch.size.max(BATCH), 0);
                }
                let mut rest = &mut buffer[..batch.size];
                for (job, size) in jobs {
                    let (place, after) = rest.split_at_mut(*size);
                    rest = after;
                    self.module().fill(job, place);
                }
                put(batch.offset, &buffer[..batch.size])
            })
        })
    }

    /// The output's jobs in order, with their sizes.
    fn jobs(&self) -> Vec<(Job<'_, '_, 'a>, usize)> {
        let mut jobs = Vec::with_capacity(self.pieces().len());
        for (piece, size) in self.pieces() {
            match piece {
                Piece::Custom(whole) => self.module().parts(whole, &mut jobs),
                piece => jobs.push((Job::Piece(piece), *size)),
            }
        }
        jobs
    }
}

/// Puts jobs together that lie side by side.
fn batches(jobs: &[(Job<'_, '_, '_>, usize)]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let (mut offset, mut full) = (0, true);
    for (at, (job, size)) in jobs.iter().enumerate() {
        let alone = *size >= DIRECT && job.bytes().is_some();
        let last = batches.last_mut().filter(|last| {
            // What is small goes with a large one in front of it.
            !full && !alone && (last.size + size <= BATCH || *size < DIRECT)
        });
        match last {
            Some(last) => {
                last.jobs.end = at + 1;
                last.size += size;
                full = last.size >= BATCH;
            }
            None => {
                batches.push(Batch {
                    jobs: at..at + 1,
                    offset,
                    size: *size,
                });
                full = alone || *size >= BATCH;
            }
        }
        offset += *size as u64;
    }
    batches
}

impl Job<'_, '_, '_> {
    /// The bytes, if they are there already.
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Job::Bytes(bytes) => Some(bytes),
            Job::Piece(Piece::Bytes(bytes)) => Some(bytes),
            Job::Piece(Piece::Chunk(.., bytes)) => Some(bytes),
            _ => None,
        }
    }
}

impl<'a> Module<'_, 'a> {
    fn parts<'p, 's>(
        &'p self,
        whole: &'p OutputCustom<'a>,
        jobs: &mut Vec<(Job<'p, 's, 'a>, usize)>,
    ) {
        for part in &whole.parts {
            match (part.source, self.layout.debug.pool(whole.name)) {
                (Source::Strings(_), Some(pool)) => {
                    let shards = pool.shards().iter();
                    jobs.extend(shards.map(|shard| (Job::Strings(shard), shard.size())));
                }
                (Source::Strings(_), None) => {
                    let bytes = &whole.strings.bytes;
                    jobs.push((Job::Bytes(bytes), bytes.len()));
                }
                (Source::Gap(size), _) => {
                    jobs.push((Job::Bytes(&[0; COVERAGE_ALIGN][..size]), size));
                }
                (Source::Input(file, item), _) => {
                    let pruned = self.layout.debug.size(file, item);
                    let size = pruned.map(|size| size as usize);
                    let size = size.unwrap_or_else(|| self.custom(file, item).data.len());
                    jobs.push((Job::Input(whole.name, file, item), size));
                }
            }
        }
    }

    fn custom(&self, file: FileId, item: u32) -> &Custom<'a> {
        &self.resolved.file(file).customs[item as usize]
    }

    /// Does a job: all of `out` is written.
    fn fill(&self, job: &Job<'_, '_, 'a>, out: &mut [u8]) {
        match job {
            Job::Bytes(bytes) => out.copy_from_slice(bytes),
            Job::Piece(piece) => self.fill_piece(piece, out),
            Job::Strings(shard) => shard.write(out),
            Job::Input(name, file, item) => self.fill_custom(name, *file, *item, out),
        }
    }

    fn fill_piece(&self, piece: &Piece<'_, 'a>, out: &mut [u8]) {
        match piece {
            Piece::Bytes(bytes) => out.copy_from_slice(bytes),
            Piece::Chunk(.., bytes) => out.copy_from_slice(bytes),
            Piece::Body(function) => {
                out.copy_from_slice(self.layout.body(self.resolved, *function));
                if let (FunctionRef::Object(file, at), None) = (*function, &self.layout.shortened) {
                    let function = &self.resolved.file(file).functions[at as usize];
                    self.apply(
                        out,
                        Chunk {
                            file,
                            relocs: function.relocs,
                            start: u64::from(function.offset),
                            tombstone: None,
                            addr: 0,
                        },
                    );
                }
            }
            Piece::Segment(_, whole) => {
                // Between its parts.
                out.fill(0);
                gaps::fill(self.resolved, self.live, self.layout, whole, out);
            }
            // Divided into parts.
            Piece::Custom(_) => {}
        }
    }

    fn fill_custom(&self, name: &str, file: FileId, item: u32, out: &mut [u8]) {
        let custom = self.custom(file, item);
        let chunk = Chunk {
            file,
            relocs: custom.relocs,
            start: 0,
            tombstone: tombstone(name),
            addr: 0,
        };
        match self.layout.debug.cut(file, item) {
            Some(cut) => debug::write::fill(
                self.layout,
                self.resolved,
                self.live,
                cut,
                custom.data,
                &chunk,
                out,
            ),
            None => {
                out.copy_from_slice(custom.data);
                self.apply(out, chunk);
            }
        }
    }

    fn apply(&self, out: &mut [u8], chunk: Chunk<'_>) {
        relocate::apply(self.layout, self.resolved, self.live, &chunk, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_cover_everything_in_order() {
        let text = vec![0; BATCH];
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
        for direct in [false, true] {
            let piece = Piece::Body(FunctionRef::Object(FileId(0), 0));
            let jobs: Vec<_> = sizes
                .iter()
                .map(|&size| match direct && size == DIRECT {
                    true => (Job::Bytes(&text[..size]), size),
                    false => (Job::Piece(&piece), size),
                })
                .collect();
            let (mut job, mut offset) = (0, 0);
            for batch in batches(&jobs) {
                assert_eq!((batch.jobs.start, batch.offset), (job, offset));
                let sum: usize = sizes[batch.jobs.clone()].iter().sum();
                assert_eq!(batch.size, sum);
                let many = batch.jobs.len() > 1;
                assert!(!many || batch.size < BATCH + DIRECT, "{}", batch.size);
                assert!(
                    !many
                        || jobs[batch.jobs.clone()]
                            .iter()
                            .all(|(job, _)| job.bytes().is_none())
                );
                (job, offset) = (batch.jobs.end, offset + batch.size as u64);
            }
            assert_eq!(job, sizes.len());
        }
    }
}
