//! A bundled board's files on disk, where the linker and cargo can read them.
//!
//! A directory in the cache, named by its content: another version of xsys with another version of the board has a
//! directory of its own, so that nothing changes under a running build.

use std::path::{Path, PathBuf};

use xsys_sysroot::Cache;
use xsys_target::{Board, BoardDir};

use crate::error::{Result, file};
use crate::files::short_digest;

/// The board's directory: its own, or one in the cache for a bundled board.
pub(crate) fn materialise(board: &Board, cache: &Cache) -> Result<PathBuf> {
    let name = match &board.dir {
        BoardDir::Directory(directory) => {
            return Ok(
                std::path::absolute(directory).map_err(|error| file("find", directory, &error))?
            );
        }
        BoardDir::Embedded(name) => name,
    };
    let boards = cache.root().join("boards");
    let failed = |error: std::io::Error| file("write", &boards, &error);
    let directory = boards.join(format!("{name}-{}", digest(&board.dir).map_err(failed)?));
    if !directory.is_dir() {
        std::fs::create_dir_all(&boards).map_err(failed)?;
        let staging = tempfile::tempdir_in(&boards).map_err(failed)?;
        let whole = staging.path().join(name);
        board.dir.write_to("", &whole).map_err(failed)?;
        publish(&whole, &directory).map_err(failed)?;
    }
    Ok(directory)
}

/// Renames a finished directory to its place, unless another process was faster.
fn publish(whole: &Path, directory: &Path) -> std::io::Result<()> {
    match std::fs::rename(whole, directory) {
        Err(_) if directory.is_dir() => Ok(()),
        done => done,
    }
}

fn digest(dir: &BoardDir) -> std::io::Result<String> {
    let files = dir.files()?;
    let contents = files
        .iter()
        .map(|path| dir.read(path))
        .collect::<std::io::Result<Vec<_>>>()?;
    let parts: Vec<&[u8]> = files
        .iter()
        .zip(&contents)
        .flat_map(|(path, content)| [path.as_bytes(), &**content])
        .collect();
    Ok(short_digest(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_boards_become_directories_once() {
        let temporary = tempfile::tempdir().unwrap();
        let cache = Cache::new(temporary.path());
        let board = Board::load("raspberry-pi-3").unwrap();
        let directory = materialise(&board, &cache).unwrap();
        assert!(directory.join("board.toml").is_file());
        assert!(directory.join("hello/Cargo.toml").is_file());
        // Files added there stay.
        std::fs::write(directory.join("hello/mine"), "").unwrap();
        assert_eq!(materialise(&board, &cache).unwrap(), directory);
        assert!(directory.join("hello/mine").is_file());
        // Nothing else is left behind.
        assert_eq!(
            std::fs::read_dir(temporary.path().join("boards"))
                .unwrap()
                .count(),
            1
        );
        // Another process was faster.
        let other = temporary.path().join("other");
        std::fs::create_dir(&other).unwrap();
        assert!(publish(&other, &directory).is_ok());
        assert!(publish(&other, Path::new("/no/such/directory/x")).is_err());
    }

    #[test]
    fn a_board_on_disk_stays_where_it_is() {
        let temporary = tempfile::tempdir().unwrap();
        let mine = temporary.path().join("mine");
        let board = Board::load("raspberry-pi-3").unwrap();
        board.dir.write_to("", &mine).unwrap();
        let board = Board::load(&mine.display().to_string()).unwrap();
        let cache = Cache::new(temporary.path().join("cache"));
        assert_eq!(materialise(&board, &cache).unwrap(), mine);
        assert!(!cache.root().exists());
    }
}
