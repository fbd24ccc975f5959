//! xsys-sysroot
