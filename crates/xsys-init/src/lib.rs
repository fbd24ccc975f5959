//! The parts of the appliance's init that are bytes in, bytes out: they are tested on any host, and the
//! image's builder uses them too (it checks a configuration with `config`, and reads partitions with `mbr`).
//! What talks to a kernel is in the program, `main.rs`.

pub mod backoff;
pub mod config;
pub mod dhcp;
pub mod ext4;
pub mod http;
pub mod json;
pub mod mbr;
pub mod netlink;
pub mod page;
pub mod ring;
pub mod sntp;
pub mod syslog;
