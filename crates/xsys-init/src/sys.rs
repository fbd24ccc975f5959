//! The system calls that std lacks, and the only `unsafe` of this program.
//!
//! The libc crate would declare them, but it has a build script, and the machine that builds an appliance may have no
//! linker for itself. std links the C library anyway; these declarations follow its manual pages. Structures with times
//! in them are avoided, because 32-bit musl has two forms of them: waiting is done by `poll` with milliseconds, and the
//! clock is set by the system call that takes 64 bits.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_ulong, c_void};
use std::fs::File;
use std::io::{self, Error, PipeReader, PipeWriter};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr::null;
use std::sync::atomic::{AtomicI32, Ordering};

unsafe extern "C" {
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_void,
    ) -> c_int;
    fn umount2(target: *const c_char, flags: c_int) -> c_int;
    #[link_name = "sync"]
    safe fn libc_sync();
    #[link_name = "sethostname"]
    fn libc_sethostname(name: *const c_char, length: usize) -> c_int;
    safe fn kill(pid: c_int, signal: c_int) -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn write(fd: c_int, bytes: *const c_void, length: usize) -> isize;
    fn poll(fds: *mut PollFd, count: c_ulong, timeout_ms: c_int) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn bind(fd: c_int, address: *const c_void, length: u32) -> c_int;
    fn setsockopt(
        fd: c_int,
        level: c_int,
        option: c_int,
        value: *const c_void,
        length: u32,
    ) -> c_int;
    // The type of `request` differs between C libraries; both take it in one register.
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
    safe fn setsid() -> c_int;
}

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: i16,
    revents: i16,
}

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn c_string(text: &str) -> io::Result<CString> {
    CString::new(text)
        .map_err(|_| Error::new(io::ErrorKind::InvalidInput, "a zero byte in a path or name"))
}

pub(crate) const MS_RDONLY: u32 = 1;
pub(crate) const MS_NOSUID: u32 = 2;
pub(crate) const MS_NODEV: u32 = 4;
pub(crate) const MS_NOEXEC: u32 = 8;
pub(crate) const MS_REMOUNT: u32 = 32;
pub(crate) const MS_NOATIME: u32 = 1024;
pub(crate) const MS_MOVE: u32 = 8192;
/// For `unmount`: detached at once, and unmounted when nobody uses it any more.
pub(crate) const MNT_DETACH: c_int = 2;

pub(crate) fn mount_on(
    source: &str,
    target: &str,
    kind: &str,
    flags: u32,
    options: &str,
) -> io::Result<()> {
    let (source, target) = (c_string(source)?, c_string(target)?);
    let (kind, options) = (c_string(kind)?, c_string(options)?);
    // SAFETY: four C strings that live until the call returns; the kernel copies them.
    check(unsafe {
        mount(
            source.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            c_ulong::from(flags),
            options.as_ptr().cast(),
        )
    })?;
    Ok(())
}

pub(crate) fn unmount(target: &str, flags: c_int) -> io::Result<()> {
    let target = c_string(target)?;
    // SAFETY: a C string that lives until the call returns.
    check(unsafe { umount2(target.as_ptr(), flags) })?;
    Ok(())
}

/// Writes everything to the disks.
pub(crate) fn sync() {
    libc_sync();
}

pub(crate) fn set_hostname(name: &str) -> io::Result<()> {
    // SAFETY: pointer and length of one string, which is only read.
    check(unsafe { libc_sethostname(name.as_ptr().cast(), name.len()) })?;
    Ok(())
}

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const FINIT_MODULE: i64 = 313;
    pub(super) const CLOCK_SETTIME: i64 = 227;
    pub(super) const REBOOT: i64 = 169;
}
#[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
mod number {
    pub const FINIT_MODULE: i64 = 273;
    pub const CLOCK_SETTIME: i64 = 112;
    pub const REBOOT: i64 = 142;
}
#[cfg(target_arch = "arm")]
mod number {
    pub const FINIT_MODULE: i64 = 379;
    /// `clock_settime64`, since Linux 5.1.
    pub const CLOCK_SETTIME: i64 = 404;
    pub const REBOOT: i64 = 88;
}

/// Loads a kernel module. A compressed one is unpacked by the kernel, if it was built for that.
pub(crate) fn load_module(file: &File, compressed: bool) -> io::Result<()> {
    let flags: c_int = if compressed { 4 } else { 0 };
    // SAFETY: an open file, a C string and flags, as finit_module(2) asks for.
    let result = unsafe {
        syscall(
            number::FINIT_MODULE as c_long,
            file.as_raw_fd(),
            c"".as_ptr(),
            flags,
        )
    };
    check(result as c_int)?;
    Ok(())
}

/// Sets the clock, in nanoseconds since 1970.
pub(crate) fn set_clock(nanoseconds: u128) -> io::Result<()> {
    let time = [
        (nanoseconds / 1_000_000_000) as i64,
        (nanoseconds % 1_000_000_000) as i64,
    ];
    let realtime: c_int = 0;
    // SAFETY: two times 64 bits is what the kernel's `struct __kernel_timespec` is on every machine.
    check(unsafe { syscall(number::CLOCK_SETTIME as c_long, realtime, time.as_ptr()) } as c_int)?;
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reboot {
    Restart,
    PowerOff,
}

/// Ends everything at once; file systems must be unmounted before.
pub(crate) fn reboot(how: Reboot) -> io::Error {
    let (magic1, magic2) = (0xfee1_dead_u32 as c_int, 672_274_793 as c_int);
    let command: u32 = match how {
        Reboot::Restart => 0x0123_4567,
        Reboot::PowerOff => 0x4321_fedc,
    };
    // SAFETY: reboot(2) with the two magic numbers; none of these commands takes an argument.
    unsafe {
        syscall(
            number::REBOOT as c_long,
            magic1,
            magic2,
            command as c_int,
            null::<c_char>(),
        )
    };
    Error::last_os_error()
}

/// Ctrl-Alt-Del becomes SIGINT to this process instead of an immediate reset.
pub(crate) fn ask_before_ctrl_alt_del() {
    let (magic1, magic2) = (0xfee1_dead_u32 as c_int, 672_274_793 as c_int);
    // SAFETY: reboot(2) with command 0 (CAD_OFF), which takes no argument.
    unsafe {
        syscall(
            number::REBOOT as c_long,
            magic1,
            magic2,
            0 as c_int,
            null::<c_char>(),
        )
    };
}

pub(crate) const SIGINT: i32 = 2;
pub(crate) const SIGKILL: i32 = 9;
pub(crate) const SIGUSR1: i32 = 10;
pub(crate) const SIGUSR2: i32 = 12;
pub(crate) const SIGTERM: i32 = 15;
pub(crate) const SIGCHLD: i32 = 17;

/// Signals a process, or with a negative number its group; -1 is all other processes.
pub(crate) fn send_signal(pid: i32, signal: i32) -> io::Result<()> {
    check(kill(pid, signal))?;
    Ok(())
}

/// A child that has ended, and its wait status; `None` if there is none.
pub(crate) fn reap() -> Option<(i32, i32)> {
    let (mut status, no_hang) = (0, 1);
    // SAFETY: the status is written to a variable of this function.
    let pid = unsafe { waitpid(-1, &mut status, no_hang) };
    (pid > 0).then_some((pid, status))
}

static SIGNAL_PIPE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn on_signal(number: c_int) {
    let byte = number as u8;
    // SAFETY: write(2) is async-signal-safe; the descriptor is never closed once it is in the static.
    unsafe {
        write(
            SIGNAL_PIPE.load(Ordering::Relaxed),
            (&raw const byte).cast(),
            1,
        )
    };
}

/// From now on these signals arrive as bytes in a pipe. Handlers instead of a mask, because services would inherit a
/// mask.
pub(crate) fn signals_as_bytes(signals: &[i32]) -> io::Result<PipeReader> {
    let (reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
    SIGNAL_PIPE.store(OwnedFd::from(writer).into_raw_fd(), Ordering::Relaxed);
    for &number in signals {
        // SAFETY: the handler does nothing but write(2). `signal` restarts interrupted calls (SA_RESTART).
        unsafe { signal(number, on_signal) };
    }
    Ok(reader)
}

/// Waits until there is something to read; `false` after the timeout.
pub(crate) fn readable(fd: impl AsFd, timeout_ms: u64) -> io::Result<bool> {
    let mut wanted = PollFd {
        fd: fd.as_fd().as_raw_fd(),
        events: 1,
        revents: 0,
    };
    // SAFETY: one structure, and the count says so.
    let count = unsafe { poll(&mut wanted, 1, timeout_ms.min(i32::MAX as u64) as c_int) };
    match check(count) {
        Ok(count) => Ok(count > 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) const AF_NETLINK: c_int = 16;
pub(crate) const AF_PACKET: c_int = 17;
pub(crate) const SOCK_RAW: c_int = 3;

/// A socket of a family that std does not know, as a file: what is written is sent, what is read was received.
pub(crate) fn raw_socket(family: c_int, protocol: c_int) -> io::Result<File> {
    let close_on_exec = 0o2_000_000;
    // SAFETY: no pointers; the new descriptor is owned by the file from here on.
    unsafe {
        Ok(File::from_raw_fd(check(socket(
            family,
            SOCK_RAW | close_on_exec,
            protocol,
        ))?))
    }
}

/// Binds a packet socket to one interface and protocol (`struct sockaddr_ll`).
pub(crate) fn bind_packet(socket: &File, interface: u32, protocol: u16) -> io::Result<()> {
    let mut address = [0u8; 20];
    address[..2].copy_from_slice(&(AF_PACKET as u16).to_ne_bytes());
    address[2..4].copy_from_slice(&protocol.to_be_bytes());
    address[4..8].copy_from_slice(&interface.to_ne_bytes());
    // SAFETY: pointer and length of one array, which is only read.
    check(unsafe {
        bind(
            socket.as_raw_fd(),
            address.as_ptr().cast(),
            address.len() as u32,
        )
    })?;
    Ok(())
}

/// Binds a socket to one interface, whatever the routes are.
pub(crate) fn bind_to_device(socket: impl AsFd, interface: &str) -> io::Result<()> {
    let (level, option) = (1, 25);
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: pointer and length of one string, which is only read.
    check(unsafe {
        setsockopt(
            fd,
            level,
            option,
            interface.as_ptr().cast(),
            interface.len() as u32,
        )
    })?;
    Ok(())
}

fn ioctl_with<T>(fd: BorrowedFd, request: u32, value: &mut T) -> io::Result<()> {
    // SAFETY: callers below pair each request with the structure that the kernel reads and writes for it.
    check(unsafe { ioctl(fd.as_raw_fd(), request as c_ulong, value as *mut T) })?;
    Ok(())
}

fn ioctl_number(file: &File, request: u32, number: c_int) -> io::Result<c_int> {
    // SAFETY: callers below use it for requests that take a number or nothing.
    check(unsafe { ioctl(file.as_raw_fd(), request as c_ulong, c_long::from(number)) })
}

/// Tells the kernel to read a disk's partition table again (BLKRRPART).
pub(crate) fn reread_partitions(disk: &File) -> io::Result<()> {
    ioctl_number(disk, 0x125f, 0)?;
    Ok(())
}

/// The number of a free loop device (LOOP_CTL_GET_FREE); one is created if there is none.
pub(crate) fn free_loop(control: &File) -> io::Result<u32> {
    Ok(ioctl_number(control, 0x4c82, 0)?.unsigned_abs())
}

/// Makes a file readable as a disk, until nobody uses it any more (LOOP_CONFIGURE).
pub(crate) fn attach_loop(device: &File, image: &File) -> io::Result<()> {
    /// `struct loop_info64`.
    #[repr(C)]
    struct Info {
        numbers: [u64; 5],
        number: u32,
        encryption: [u32; 2],
        flags: u32,
        names_and_keys: [u8; 160],
        init: [u64; 2],
    }
    /// `struct loop_config`.
    #[repr(C)]
    struct Configuration {
        image: u32,
        block: u32,
        info: Info,
        reserved: [u64; 8],
    }
    let (read_only, clears_itself) = (1, 4);
    let mut configuration = Configuration {
        image: image.as_raw_fd().unsigned_abs(),
        block: 0,
        info: Info {
            numbers: [0; 5],
            number: 0,
            encryption: [0; 2],
            flags: read_only | clears_itself,
            names_and_keys: [0; 160],
            init: [0; 2],
        },
        reserved: [0; 8],
    };
    match ioctl_with(device.as_fd(), 0x4c0a, &mut configuration) {
        // Kernels before 5.8 do not know it: LOOP_SET_FD and LOOP_SET_STATUS64.
        Err(error) if matches!(error.raw_os_error(), Some(22 | 25)) => {
            ioctl_number(device, 0x4c00, image.as_raw_fd())?;
            ioctl_with(device.as_fd(), 0x4c04, &mut configuration.info)
        }
        result => result,
    }
}

/// Tells the kernel of one partition (BLKPG), in bytes; works while others of the disk are in use.
pub(crate) fn change_partition(
    disk: &File,
    change: Change,
    number: u32,
    start: u64,
    length: u64,
) -> io::Result<()> {
    #[repr(C)]
    struct Partition {
        start: i64,
        length: i64,
        number: c_int,
        names: [u8; 128],
    }
    #[repr(C)]
    struct Argument {
        operation: c_int,
        flags: c_int,
        length: c_int,
        data: *mut Partition,
    }
    let mut partition = Partition {
        start: start as i64,
        length: length as i64,
        number: number as c_int,
        names: [0; 128],
    };
    let size = size_of::<Partition>() as c_int;
    let operation = match change {
        Change::Add => 1,
        Change::Resize => 3,
    };
    let mut argument = Argument {
        operation,
        flags: 0,
        length: size,
        data: &mut partition,
    };
    ioctl_with(disk.as_fd(), 0x1269, &mut argument)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    Add,
    Resize,
}

/// Sets a watchdog's timeout (WDIOC_SETTIMEOUT) and returns the one that the hardware chose.
pub(crate) fn set_watchdog(device: &File, seconds: u32) -> io::Result<u32> {
    let mut value = seconds as c_int;
    ioctl_with(device.as_fd(), 0xc004_5706, &mut value)?;
    Ok(value as u32)
}

/// Grows a mounted ext4 file system to so many blocks (EXT4_IOC_RESIZE_FS), through its root directory.
pub(crate) fn grow_ext4(root: &File, blocks: u64) -> io::Result<()> {
    let mut blocks = blocks;
    ioctl_with(root.as_fd(), 0x4008_6610, &mut blocks)
}

/// Free and total bytes of the file system at a path.
pub(crate) fn space(path: &CStr) -> Option<(u64, u64)> {
    // `struct statfs` of 64-bit Linux: type, block size, then blocks, free, available. 32-bit machines have
    // `statfs64` with 32-bit words before 64-bit counts.
    #[cfg(target_pointer_width = "64")]
    {
        let number = if cfg!(target_arch = "x86_64") {
            137
        } else {
            43
        };
        let mut fields = [0u64; 32];
        // SAFETY: the buffer is 256 bytes; the kernel writes 120.
        let result = unsafe { syscall(number, path.as_ptr(), fields.as_mut_ptr()) };
        (result == 0).then(|| (fields[4] * fields[1], fields[2] * fields[1]))
    }
    #[cfg(target_pointer_width = "32")]
    {
        // As the kernel packs it: type u32, block size u32, blocks u64, free u64, available u64, …; 84 bytes.
        let mut fields = [0u32; 64];
        // SAFETY: the buffer is 256 bytes; the kernel writes the 84 that it is told of.
        let result = unsafe { syscall(266, path.as_ptr(), 84usize, fields.as_mut_ptr()) };
        let wide = |at: usize| u64::from(fields[at]) | u64::from(fields[at + 1]) << 32;
        let block = u64::from(fields[1]);
        (result == 0).then(|| (wide(6) * block, wide(2) * block))
    }
}

/// Makes the program that is started the leader of a session with its standard input as terminal.
pub(crate) fn on_own_terminal(command: &mut Command) {
    let take = || {
        setsid();
        // SAFETY: TIOCSCTTY takes a number. A failure leaves the program without job control, nothing worse.
        unsafe { ioctl(0, 0x540e, 0) };
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are made: setsid(2) and ioctl(2).
    unsafe { command.pre_exec(take) };
}
