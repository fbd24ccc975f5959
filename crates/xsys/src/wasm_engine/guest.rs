//! A module's memory for host functions: addresses and lengths come from the program and may be
//! anything.
//!
//! Access outside of the memory is the program's mistake. WASI answers with an error number, the
//! functions of `xsys` with a trap.

use wasmi::{AsContext, Caller, Error, Extern};

use crate::wasm_engine::Host;

/// A range of addresses outside of the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outside {
    addr: u64,
    len: u64,
}

impl std::fmt::Display for Outside {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { addr, len } = self;
        write!(
            out,
            "{len} bytes at {addr:#x} are not in the module's memory"
        )
    }
}

impl From<Outside> for Error {
    fn from(outside: Outside) -> Self {
        Self::new(outside.to_string())
    }
}

/// The bytes of a module's memory.
pub(super) struct Guest<'a> {
    bytes: &'a mut [u8],
}

impl<'a> Guest<'a> {
    /// The memory and the host's state, for as long as a host function runs.
    pub(super) fn of(caller: &'a mut Caller<'_, Host>) -> Result<(Self, &'a mut Host), Error> {
        let export = caller.get_export("memory").and_then(Extern::into_memory);
        let memory = export.ok_or_else(|| Error::new("the module does not export its `memory`"))?;
        let (bytes, host) = memory.data_and_store_mut(caller);
        Ok((Self { bytes }, host))
    }

    pub(super) fn bytes(&self, addr: u64, len: u64) -> Result<&[u8], Outside> {
        let outside = Outside { addr, len };
        let (start, end) = range(addr, len).ok_or(outside)?;
        self.bytes.get(start..end).ok_or(outside)
    }

    pub(super) fn bytes_mut(&mut self, addr: u64, len: u64) -> Result<&mut [u8], Outside> {
        let outside = Outside { addr, len };
        let (start, end) = range(addr, len).ok_or(outside)?;
        self.bytes.get_mut(start..end).ok_or(outside)
    }

    pub(super) fn put(&mut self, addr: u64, bytes: &[u8]) -> Result<(), Outside> {
        self.bytes_mut(addr, bytes.len() as u64)?
            .copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn put_u32(&mut self, addr: u64, value: u32) -> Result<(), Outside> {
        self.put(addr, &value.to_le_bytes())
    }

    pub(super) fn put_u64(&mut self, addr: u64, value: u64) -> Result<(), Outside> {
        self.put(addr, &value.to_le_bytes())
    }

    /// For tests.
    #[cfg(test)]
    pub(super) fn over(bytes: &'a mut [u8]) -> Self {
        Self { bytes }
    }
}

/// All bytes of the memory, after the program ended.
pub(super) fn remains<'a>(
    store: &'a wasmi::Store<Host>,
    instance: wasmi::Instance,
    name: &str,
) -> Option<&'a [u8]> {
    let memory = instance.get_memory(store, name)?;
    Some(memory.data(store.as_context()))
}

fn range(addr: u64, len: u64) -> Option<(usize, usize)> {
    let end = addr.checked_add(len)?;
    Some((usize::try_from(addr).ok()?, usize::try_from(end).ok()?))
}
