//! gzip, xz and zstd, each as a stream that is checked and needs little memory.
//!
//! Members of packages, modules and kernels come compressed in one of these ways. A decoder's memory
//! is bounded here; how much may come out is for the caller to say, who knows what it is.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// The largest window of a decoder, in KiB. `xz -9` needs 64 MiB.
const XZ_MEMORY: u32 = 256 * 1024;

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not compressed.
    Plain,
    Gzip,
    Xz,
    Zstd,
}

impl Packing {
    /// The compression that a file name's extension means, and the name without it.
    pub fn of_name(name: &str) -> (&str, Self) {
        let endings = [(".gz", Self::Gzip), (".xz", Self::Xz), (".zst", Self::Zstd)];
        let found = endings
            .iter()
            .find_map(|(ending, packing)| Some((name.strip_suffix(ending)?, *packing)));
        found.unwrap_or((name, Self::Plain))
    }

    /// The compression that a file's first bytes show.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// What the stream unpacks to.
    pub fn reader<'a>(self, input: impl Read + 'a) -> Box<dyn Read + 'a> {
        let input = BufReader::with_capacity(64 * 1024, input);
        match self {
            Self::Plain => Box::new(input),
            Self::Gzip => Box::new(MultiGzDecoder::new(input)),
            Self::Xz => Box::new(XzReader::new_mem_limit(input, true, XZ_MEMORY)),
            Self::Zstd => Box::new(Zstd {
                state: State::Between(input),
            }),
        }
    }

    /// Everything that the stream unpacks to, if that is not more than `limit` bytes.
    ///
    /// # Errors
    /// If the stream is damaged or longer.
    pub fn unpack(self, input: impl Read, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = self
            .reader(input)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)?;
        if read as u64 > limit {
            return Err(invalid(format!("it unpacks to more than {limit} bytes")));
        }
        Ok(bytes)
    }
}

/// Frames of zstd, one after the other. The decoder reads one frame and leaves its checksum to the
/// caller.
struct Zstd<R: BufRead> {
    state: State<R>,
}

enum State<R: BufRead> {
    Between(R),
    Within(Box<StreamingDecoder<R, FrameDecoder>>),
    Failed,
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Failed) {
                State::Between(mut input) => {
                    if input.fill_buf()?.is_empty() {
                        self.state = State::Between(input);
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new(input).map_err(invalid)?;
                    self.state = State::Within(Box::new(decoder));
                }
                State::Within(mut decoder) => {
                    let read = decoder.read(buf)?;
                    if read > 0 {
                        self.state = State::Within(decoder);
                        return Ok(read);
                    }
                    let said = decoder.decoder.get_checksum_from_data();
                    if said.is_some() && said != decoder.decoder.get_calculated_checksum() {
                        return Err(invalid("its checksum is wrong"));
                    }
                    self.state = State::Between(decoder.into_inner());
                }
                State::Failed => return Err(invalid("it is damaged")),
            }
        }
    }
}

fn invalid(cause: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause.to_string())
}

/// For tests of everything that reads packed files.
#[cfg(test)]
pub(crate) fn pack(packing: Packing, bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    match packing {
        Packing::Plain => bytes.to_vec(),
        Packing::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        Packing::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(0);
            let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        Packing::Zstd => {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Packing; 4] = [Packing::Plain, Packing::Gzip, Packing::Xz, Packing::Zstd];

    #[test]
    fn every_packing_is_known_by_its_bytes_and_unpacked() {
        let text = b"the same words, the same words, the same words".repeat(50);
        for packing in ALL {
            let packed = pack(packing, &text);
            assert_eq!(Packing::of_bytes(&packed), packing);
            assert_eq!(packing.unpack(&packed[..], 10_000).unwrap(), text);
            // Two streams in a row are read as one, as gzip, xz and zstd do.
            let twice = [&packed[..], &packed[..]].concat();
            assert_eq!(packing.unpack(&twice[..], 10_000).unwrap(), text.repeat(2));
            let error = packing.unpack(&packed[..], 100).unwrap_err();
            assert!(error.to_string().contains("more than 100 bytes"), "{error}");
        }
        assert_eq!(Packing::of_name("a.ko.xz"), ("a.ko", Packing::Xz));
        assert_eq!(Packing::of_name("a.ko"), ("a.ko", Packing::Plain));
    }

    #[test]
    fn cut_streams_are_errors_and_changed_ones_never_panic() {
        let text = b"the same words, other words, the same words".repeat(50);
        for packing in &ALL[1..] {
            let packed = pack(*packing, &text);
            for end in 1..packed.len() {
                assert!(
                    packing.unpack(&packed[..end], 10_000).is_err(),
                    "{packing:?} cut at {end} of {}",
                    packed.len()
                );
            }
            for at in 0..packed.len() {
                let mut broken = packed.clone();
                broken[at] ^= 0x55;
                let _ = packing.unpack(&broken[..], 10_000);
            }
        }
    }
}
