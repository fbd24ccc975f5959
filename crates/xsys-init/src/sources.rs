//! This package's own files, which xsys contains and builds for an appliance's target.
//!
//! They are listed by hand because the package must not need a build script (see Cargo.toml). A test compares the list
//! with the directory; tests in files of their own are left out.

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../", $name)))),*]
    };
}

/// Every file that is needed to build `init`: its path in the package, and its text.
pub const SOURCES: &[(&str, &str)] = files! {
    "Cargo.toml"
    "src/backoff.rs"
    "src/children.rs"
    "src/clock.rs"
    "src/config.rs"
    "src/config_text.rs"
    "src/console.rs"
    "src/data.rs"
    "src/dhcp.rs"
    "src/dhcp_client.rs"
    "src/disk.rs"
    "src/ext4.rs"
    "src/health.rs"
    "src/http.rs"
    "src/interface.rs"
    "src/json.rs"
    "src/lib.rs"
    "src/log.rs"
    "src/main.rs"
    "src/mbr.rs"
    "src/modules.rs"
    "src/mounts.rs"
    "src/netlink.rs"
    "src/network.rs"
    "src/page.css"
    "src/page.rs"
    "src/plausible.rs"
    "src/rate.rs"
    "src/record.rs"
    "src/ring.rs"
    "src/root.rs"
    "src/salvage.rs"
    "src/service.rs"
    "src/services.rs"
    "src/shutdown.rs"
    "src/sntp.rs"
    "src/sources.rs"
    "src/squashfs.rs"
    "src/status.rs"
    "src/superblock.rs"
    "src/sys.rs"
    "src/syslog.rs"
    "src/watchdog.rs"
};

#[cfg(test)]
mod tests {
    use super::SOURCES;

    #[test]
    fn they_are_those_of_the_directory() {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files: Vec<String> = std::fs::read_dir(source)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_file())
            .map(|entry| format!("src/{}", entry.file_name().to_str().unwrap()))
            .chain(["Cargo.toml".to_owned()])
            .collect();
        files.sort();
        let listed: Vec<&str> = SOURCES.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, files);
    }
}
