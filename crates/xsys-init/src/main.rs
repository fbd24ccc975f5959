//! The first process of a Linux appliance: everything between the kernel and the user's programs.
//!
//! `main` lists the boot in its order. The rule for each step: whatever is missing or broken is logged and skipped, and
//! every wait has a limit, because nobody is there to press a key.

#[cfg(target_os = "linux")]
mod children;
#[cfg(target_os = "linux")]
mod clock;
#[cfg(target_os = "linux")]
mod console;
#[cfg(target_os = "linux")]
mod data;
#[cfg(target_os = "linux")]
mod dhcp_client;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod health;
#[cfg(target_os = "linux")]
mod interface;
#[cfg(target_os = "linux")]
mod log;
#[cfg(target_os = "linux")]
mod modules;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod root;
#[cfg(target_os = "linux")]
mod salvage;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod services;
#[cfg(target_os = "linux")]
mod shutdown;
#[cfg(target_os = "linux")]
mod status;
#[cfg(target_os = "linux")]
mod sys;
#[cfg(target_os = "linux")]
mod watchdog;

#[cfg(target_os = "linux")]
fn main() {
    use log::say;
    use std::fs;
    use xsys_init::config_text;

    if std::process::id() != 1 {
        log::refuse("this is the first process of an appliance; the kernel starts it, as `/init`");
    }
    let not_mounted = mounts::early();
    // If this process ever ends, the kernel restarts instead of standing still.
    let on_panic = "/proc/sys/kernel/panic";
    if fs::read_to_string(on_panic).is_ok_and(|seconds| seconds.trim() == "0") {
        let _ = fs::write(on_panic, "5");
    }
    log::to_console();
    not_mounted.iter().for_each(|wrong| say!("{wrong}"));

    let text = fs::read_to_string("/etc/xsys/appliance.json").unwrap_or_default();
    let (config, mut wrong) = config_text::read(&text);
    say!("{} {}", config.hostname, config.version);
    for wrong in &wrong {
        say!("/etc/xsys/appliance.json: {wrong}");
    }
    if let Err(error) = sys::set_hostname(&config.hostname) {
        say!("cannot set the hostname: {error}");
    }
    log::configure(&config.log);
    log::copy_kernel();
    sys::ask_before_ctrl_alt_del();
    clock::not_before(config.time.earliest);

    modules::load(&config);
    if let Some(watchdog) = &config.watchdog {
        watchdog::start(watchdog);
    }
    let mount = config.data.as_ref().map(|data| data.mount.as_str());
    mounts::prepare_root(mount);
    let no_root = config.root.as_ref().and_then(|it| root::enter(it).err());
    if let Some(why) = &no_root {
        say!("THERE IS NO ROOT: {why}");
        wrong.push(format!("there is no root: {why}"));
    }
    if let Err(error) = mounts::seal_root() {
        say!("the root stays writable: {error}");
    }
    network::start(config.network.clone(), &config.hostname);
    if let Some(listen) = &config.status {
        status::start(listen, &config, wrong);
    }
    if let Some(console) = &config.console {
        console::start(console);
    }

    let mounted = config
        .data
        .as_ref()
        .and_then(|config| data::prepare(config).mounted);
    if let Some(mounted) = &mounted {
        say!("the boot before: {}", record::begin(mounted));
        clock::not_before(record::stamp().unwrap_or(0));
    }
    // The ring is enough for a log that is only in memory.
    if let Some(file) = config.log.file.as_ref().filter(|_| mounted.is_some()) {
        log::to_file(file, config.log.limit);
    }
    clock::start(&config.time);
    match &no_root {
        Some(why) => {
            services::start_none(config.services, "there is no root");
            root::try_again(why);
        }
        None => services::start_all(config.services),
    }

    let (how, why) = shutdown::wait_for_the_end();
    say!("the end: {why}");
    watchdog::leave();
    shutdown::stop();
    let what = match how {
        sys::Reboot::Restart => "restarted",
        sys::Reboot::PowerOff => "powered off",
    };
    record::end(&format!("{what}: {why}"));
    clock::stamp();
    shutdown::leave(how, mounted.as_deref());
}

#[cfg(not(target_os = "linux"))]
fn main() {
    // The workspace is built on other systems too.
    std::process::exit(2);
}
