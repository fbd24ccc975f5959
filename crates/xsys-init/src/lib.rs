//! The parts of the appliance's init that only turn bytes into bytes: they are tested on any host, and the image's
//! builder uses them too (it checks a configuration with `config_text`, and reads partitions with `mbr`). What calls
//! the kernel is in the program, `main.rs`.

pub mod backoff;
pub mod config;
pub mod config_text;
pub mod dhcp;
pub mod ext4;
pub mod http;
pub mod json;
pub mod mbr;
pub mod netlink;
pub mod page;
mod plausible;
pub mod rate;
pub mod ring;
pub mod sntp;
pub mod sources;
pub mod squashfs;
pub mod superblock;
pub mod syslog;

#[cfg(test)]
mod tests {
    /// xsys builds these sources alone, on machines that cannot link programs for themselves.
    #[test]
    fn the_package_stands_alone() {
        let manifest = include_str!("../Cargo.toml");
        assert!(!manifest.contains("workspace = true") && !manifest.contains(".workspace"));
        assert!(!manifest.contains("build = \""));
        let dependencies = manifest.split_once("[dependencies]").unwrap().1;
        // tinyjson has neither a build script nor dependencies. Check both before adding another
        // crate.
        let names: Vec<&str> = dependencies
            .lines()
            .filter_map(|line| Some(line.split_once(" = ")?.0))
            .collect();
        assert_eq!(names, ["tinyjson"]);
    }
}
