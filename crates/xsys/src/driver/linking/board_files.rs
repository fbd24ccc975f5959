//! The files of a bundled board on disk, where the linker and cargo can read them.
//!
//! A folder in the cache, named by what is in it: another version of xsys with another version of
//! the board has a folder of its own, so that nothing changes under a build that is going on.

use std::path::{Path, PathBuf};

use xsys_sysroot::Cache;
use xsys_target::{Board, BoardDir};

use crate::error::{Result, file};
use crate::files::short_digest;

/// The board's folder: its own, or one in the cache for a bundled board.
pub(crate) fn materialise(board: &Board, cache: &Cache) -> Result<PathBuf> {
    let name = match &board.dir {
        BoardDir::Folder(folder) => {
            return Ok(std::path::absolute(folder).map_err(|error| file("find", folder, &error))?);
        }
        BoardDir::Embedded(name) => name,
    };
    let boards = cache.root().join("boards");
    let failed = |error: std::io::Error| file("write", &boards, &error);
    let folder = boards.join(format!("{name}-{}", digest(&board.dir).map_err(failed)?));
    if !folder.is_dir() {
        std::fs::create_dir_all(&boards).map_err(failed)?;
        let staging = tempfile::tempdir_in(&boards).map_err(failed)?;
        let whole = staging.path().join(name);
        board.dir.write_to("", &whole).map_err(failed)?;
        publish(&whole, &folder).map_err(failed)?;
    }
    Ok(folder)
}

/// Renames a finished folder into place, unless somebody else was faster.
fn publish(whole: &Path, folder: &Path) -> std::io::Result<()> {
    match std::fs::rename(whole, folder) {
        Err(_) if folder.is_dir() => Ok(()),
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
    fn bundled_boards_become_folders_once() {
        let temporary = tempfile::tempdir().unwrap();
        let cache = Cache::new(temporary.path());
        let board = Board::load("raspberry-pi-3").unwrap();
        let folder = materialise(&board, &cache).unwrap();
        assert!(folder.join("board.toml").is_file());
        assert!(folder.join("hello/Cargo.toml").is_file());
        // Work in it stays.
        std::fs::write(folder.join("hello/mine"), "").unwrap();
        assert_eq!(materialise(&board, &cache).unwrap(), folder);
        assert!(folder.join("hello/mine").is_file());
        // Nothing else is left lying around.
        assert_eq!(
            std::fs::read_dir(temporary.path().join("boards"))
                .unwrap()
                .count(),
            1
        );
        // Somebody else was faster.
        let other = temporary.path().join("other");
        std::fs::create_dir(&other).unwrap();
        assert!(publish(&other, &folder).is_ok());
        assert!(publish(&other, Path::new("/no/such/folder/x")).is_err());
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
