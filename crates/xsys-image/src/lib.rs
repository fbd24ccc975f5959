//! xsys-image
