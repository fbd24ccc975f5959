//! xsys-target
