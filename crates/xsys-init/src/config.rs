//! What an appliance is: the contents of `/etc/xsys/appliance.json`, which the image's builder writes.
//! `config_text.rs` reads it; what is not in it has the values that are here.

use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    pub hostname: String,
    pub version: String,
    /// Paths of kernel modules, in the order in which they are loaded.
    pub modules: Vec<String>,
    /// Those of them that QEMU's machine `virt` needs; none where all are loaded there, too.
    pub modules_in_qemu: Vec<String>,
    /// The root; without it, what the kernel has unpacked.
    pub root: Option<Root>,
    pub network: Vec<Interface>,
    pub time: Time,
    pub data: Option<Data>,
    pub watchdog: Option<Watchdog>,
    /// Where the status page is served; nowhere unless asked for.
    pub status: Option<String>,
    pub log: Log,
    /// A shell for emergencies; none by default.
    pub console: Option<Console>,
    pub services: Vec<Service>,
}

/// A root that is a file system in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Root {
    /// The file's name on the boot partition: a SquashFS image.
    pub image: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    pub name: String,
    pub method: Method,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    Dhcp,
    Static {
        /// `address/prefix`, of either family.
        addresses: Vec<String>,
        gateways: Vec<String>,
        dns: Vec<String>,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Time {
    /// Without servers nobody is asked.
    pub servers: Vec<String>,
    /// Seconds since 1970 that have certainly passed: when the image was built.
    pub earliest: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    pub label: String,
    pub partition: u32,
    pub mount: String,
    pub damaged: Damaged,
}

/// What happens to a data partition that cannot be mounted at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Damaged {
    /// An empty file system replaces it, and log and status say that state was lost.
    Replace,
    /// It stays as it is for someone to look at; services run with an empty directory in memory.
    Keep,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Watchdog {
    pub device: String,
    pub timeout: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// Bytes of the newest lines that are kept in memory.
    pub ring: usize,
    pub file: Option<String>,
    /// At this size the file is renamed to `….old`; both together never exceed twice this size.
    pub limit: u64,
    pub serial: bool,
    pub syslog: Option<String>,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            ring: 256 << 10,
            file: None,
            limit: 4 << 20,
            serial: true,
            syslog: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Console {
    pub device: String,
    pub program: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub name: String,
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub user: u32,
    pub group: u32,
    pub directory: String,
    pub restart: Restart,
    pub backoff: Backoff,
    pub ready: Option<Check>,
    pub health: Option<Check>,
    pub stop_timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Restart {
    Always,
    OnFailure,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    pub first: Duration,
    pub most: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub probe: Probe,
    pub interval: Duration,
    /// For `health`: of one attempt. For `ready`: of all of them together.
    pub timeout: Duration,
    pub failures: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// Healthy is an answer with a status below 400.
    Http(String),
    /// Healthy is exit status 0.
    Command(Vec<String>),
}
