//! What a caller may show while a sysroot is being built. Nothing here prints.

use std::path::Path;

/// Receiver of progress; called from several threads. Every method may do nothing.
pub trait Progress: Sync {
    /// A message for people, for instance that a component is being installed.
    fn message(&self, text: &str);
    /// Compilation begins; so many crates.
    fn start(&self, total_units: usize);
    /// A crate's compiler was started.
    fn unit_started(&self, name: &str);
    /// The metadata of a crate is written, so that dependents can start; its code generation goes
    /// on.
    fn unit_usable(&self, _: &str) {}
    /// A crate is done.
    fn unit_finished(&self, name: &str);
    /// Another process builds the same sysroot; we wait for it.
    fn waiting_for_lock(&self, path: &Path);
    /// Compilation is over, whether it succeeded or not.
    fn finish(&self);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn message(&self, _: &str) {}
    fn start(&self, _: usize) {}
    fn unit_started(&self, _: &str) {}
    fn unit_finished(&self, _: &str) {}
    fn waiting_for_lock(&self, _: &Path) {}
    fn finish(&self) {}
}
