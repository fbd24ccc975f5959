//! Checks a SquashFS image's superblock before the kernel is asked to mount it, because the kernel has the same error
//! for everything that can be wrong. Fields as in the kernel's `squashfs_fs.h`.

/// The superblock's bytes.
pub const SUPERBLOCK: usize = 96;

/// Whether a file of this size with this beginning can be an image; otherwise what is wrong.
///
/// # Errors
/// What is wrong with it.
pub fn check(start: &[u8], size: u64) -> Result<(), String> {
    if start.len() < SUPERBLOCK {
        return Err(format!("it has {size} bytes: it was cut short"));
    }
    let half = |at: usize| u16::from_le_bytes([start[at], start[at + 1]]);
    if &start[..4] != b"hsqs" {
        return Err("it is no SquashFS image".into());
    }
    let (major, compressor) = (half(28), half(20));
    if major != 4 {
        return Err(format!("it is SquashFS of version {major}, not 4"));
    }
    if compressor != 1 {
        return Err(format!(
            "it is compressed by method {compressor}, not by gzip's"
        ));
    }
    let used = start[40..48].iter().rev();
    let used = used.fold(0, |value, byte| value << 8 | u64::from(*byte));
    match used <= size {
        true => Ok(()),
        false => Err(format!(
            "it was cut short: {size} of {used} bytes are there"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said() {
        let mut start = vec![0; SUPERBLOCK];
        let said = |start: &[u8], size| check(start, size).unwrap_err();
        assert_eq!(said(&start, 96), "it is no SquashFS image");
        assert!(said(&start[..95], 95).contains("95 bytes"));
        start[..4].copy_from_slice(b"hsqs");
        assert!(said(&start, 96).contains("version 0"));
        start[28] = 4;
        assert!(said(&start, 96).contains("method 0"));
        start[20] = 1;
        start[41] = 2;
        assert_eq!(check(&start, 512), Ok(()));
        assert!(said(&start, 511).contains("511 of 512"));
        start[47] = 0xff;
        assert!(said(&start, u64::MAX >> 8).contains("cut short"));
    }
}
