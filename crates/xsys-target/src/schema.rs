//! Checking a spec against rustc's schema.
