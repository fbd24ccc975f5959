//! Writes the output: the planned pieces are divided into jobs that run in parallel ([`filling`]).

use super::build_id;
use crate::filling::{self, Placed};
use crate::wasm::debug::Shard;
use crate::wasm::ids::{FileId, FunctionRef};
use crate::wasm::layout::memory::Source;
use crate::wasm::layout::module::{Module, Piece, Planned};
use crate::wasm::layout::{COVERAGE_ALIGN, OutputCustom};
use crate::wasm::object::Custom;
use crate::wasm::relocate::{self, Chunk, tombstone};

/// Something that can be written independently of everything else.
enum Job<'p, 's, 'a> {
    /// A whole piece.
    Piece(&'p Piece<'s, 'a>),
    /// Bytes.
    Bytes(&'p [u8]),
    /// A part of the merged strings of debug information.
    Strings(&'p Shard<'a>),
    /// A custom section of a file, with the name of the output's section.
    Input(&'a str, FileId, u32),
}

impl<'a> Planned<'_, '_, 'a> {
    /// Whether the finished module has to be read to compute its id.
    pub fn is_read_back(&self) -> bool {
        build_id::reads(&self.module().options.build_id)
    }

    /// Writes the module into `out`, which has its size and any contents.
    pub fn write(&self, out: &mut [u8]) {
        filling::in_memory(self.jobs(), out, |placed, place| {
            self.module().fill(&placed.job, place)
        });
        build_id::fill(&self.module().options.build_id, out);
    }

    /// Writes the module in parts, which `put` gets with their offsets, in any order. Not for modules that are [read
    /// back](Self::is_read_back).
    pub fn write_parts<E: Send>(
        &self,
        put: impl Fn(u64, &[u8]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let fill = |placed: &Placed<Job<'_, '_, 'a>>, place: &mut [u8]| {
            self.module().fill(&placed.job, place)
        };
        filling::in_parts(&self.jobs(), Job::bytes, fill, put)
    }

    /// The jobs in the order of the output.
    fn jobs(&self) -> Vec<Placed<Job<'_, '_, 'a>>> {
        let mut jobs = Vec::with_capacity(self.pieces().len());
        for (piece, size) in self.pieces() {
            match piece {
                Piece::Custom(whole) => self.module().parts(whole, &mut jobs),
                piece => jobs.push((Job::Piece(piece), *size)),
            }
        }
        let mut offset = 0;
        let placed = jobs.into_iter().map(|(job, size)| {
            let at = offset;
            offset += size as u64;
            Placed {
                offset: at,
                size,
                job,
            }
        });
        placed.collect()
    }
}

impl Job<'_, '_, '_> {
    /// The bytes, if they exist already.
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

    /// Runs a job, which writes all of `out`.
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
                // For padding between parts.
                out.fill(0);
                relocate::segment(self.resolved, self.live, self.layout, whole, out);
            }
            // `jobs` has divided it.
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
            Some(cut) => relocate::debug::fill(
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
