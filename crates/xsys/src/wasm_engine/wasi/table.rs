//! The descriptors of a WASI program: numbers for files, directories and the three streams.
//!
//! A program can only name files below a directory of which it has a descriptor. It gets the first of these from
//! `--dir`; `cap_std::fs::Dir` makes sure that no path leads out of them, neither by `..` nor by symbolic links.

use std::io::IsTerminal;
use std::sync::Arc;

use cap_std::fs::{Dir, File};

use crate::wasm_engine::wasi::errno::{Done, Errno};
use crate::wasm_engine::wasi::layout::{FdStat, file_type, rights, type_of};

/// More open descriptors than any real program has.
const MOST: usize = 64 * 1024;

/// What a descriptor stands for.
#[derive(Debug)]
pub(super) enum Object {
    Input,
    Output,
    Errors,
    File(File),
    Directory {
        dir: Arc<Dir>,
        /// The name of a directory of `--dir` for the program.
        given: Option<String>,
        /// The entries when the program began to list the directory.
        listing: Vec<Item>,
    },
}

/// An entry of a directory.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub name: Vec<u8>,
    pub inode: u64,
    pub file_type: u8,
}

/// An open descriptor.
#[derive(Debug)]
pub(super) struct Descriptor {
    pub object: Object,
    pub flags: u16,
    pub rights: u64,
    pub inheriting: u64,
}

impl Descriptor {
    pub(super) fn new(object: Object) -> Self {
        let rights = match &object {
            Object::Input | Object::Output | Object::Errors => rights::STREAM,
            Object::File(_) | Object::Directory { .. } => rights::ALL,
        };
        Self {
            object,
            flags: 0,
            rights,
            inheriting: rights::ALL,
        }
    }

    pub(super) fn stat(&self) -> Done<FdStat> {
        let stream = |terminal| match terminal {
            true => file_type::CHARACTER_DEVICE,
            false => file_type::UNKNOWN,
        };
        Ok(FdStat {
            file_type: match &self.object {
                Object::Input => stream(std::io::stdin().is_terminal()),
                Object::Output => stream(std::io::stdout().is_terminal()),
                Object::Errors => stream(std::io::stderr().is_terminal()),
                Object::File(file) => type_of(file.metadata()?.file_type()),
                Object::Directory { .. } => file_type::DIRECTORY,
            },
            flags: self.flags,
            rights: self.rights,
            inheriting: self.inheriting,
        })
    }
}

/// All descriptors of a program.
#[derive(Debug)]
pub(super) struct Table(Vec<Option<Descriptor>>);

impl Table {
    /// The streams and the program's directories, which have numbers from 3 on, as programs expect.
    pub(super) fn new(given: Vec<(Dir, String)>) -> Self {
        let streams = [Object::Input, Object::Output, Object::Errors];
        let directories = given.into_iter().map(|(dir, name)| Object::Directory {
            dir: Arc::new(dir),
            given: Some(name),
            listing: Vec::new(),
        });
        let objects = streams.into_iter().chain(directories);
        Self(objects.map(Descriptor::new).map(Some).collect())
    }

    pub(super) fn get(&self, fd: u32) -> Done<&Descriptor> {
        let slot = self.0.get(fd as usize).and_then(Option::as_ref);
        slot.ok_or(Errno::Badf)
    }

    pub(super) fn get_mut(&mut self, fd: u32) -> Done<&mut Descriptor> {
        let slot = self.0.get_mut(fd as usize).and_then(Option::as_mut);
        slot.ok_or(Errno::Badf)
    }

    pub(super) fn file(&mut self, fd: u32) -> Done<&mut File> {
        match &mut self.get_mut(fd)?.object {
            Object::File(file) => Ok(file),
            Object::Directory { .. } => Err(Errno::Isdir),
            _ => Err(Errno::Spipe),
        }
    }

    pub(super) fn directory(&self, fd: u32) -> Done<Arc<Dir>> {
        match &self.get(fd)?.object {
            Object::Directory { dir, .. } => Ok(Arc::clone(dir)),
            _ => Err(Errno::Notdir),
        }
    }

    /// The lowest free number, as POSIX has it.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> Done<u32> {
        let free = self.0.iter().position(Option::is_none);
        let at = match free {
            Some(at) => at,
            None if self.0.len() < MOST => {
                self.0.push(None);
                self.0.len() - 1
            }
            None => return Err(Errno::Mfile),
        };
        self.0[at] = Some(descriptor);
        u32::try_from(at).map_err(|_| Errno::Mfile)
    }

    pub(super) fn close(&mut self, fd: u32) -> Done {
        self.get(fd)?;
        self.0[fd as usize] = None;
        Ok(())
    }

    /// Gives a descriptor the number of another one, which is closed.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Done {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            self.0[to as usize] = self.0[from as usize].take();
        }
        Ok(())
    }
}
