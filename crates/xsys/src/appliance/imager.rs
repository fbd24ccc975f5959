//! A list of images for Raspberry Pi Imager: `rpi-imager --repo os_list.json`.
//!
//! Imager downloads a compressed image and compares digests, so there is a list if an image is compressed and Imager
//! knows its machine. The format: `doc/json-schema` in <https://github.com/raspberrypi/rpi-imager>. It wants absolute
//! addresses: where images will be published is `[image]`'s `url`; without it addresses are relative to the list. A
//! list contains digests of images, which may contain secrets, so only the owner can read it, like the images.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::manifest::Manifest;

/// The suffix of a card's own list.
pub(crate) const LIST: &str = "os_list.json";

/// The entry, without what is only known when the image is made.
pub(crate) struct Entry<'a> {
    pub manifest: &'a Manifest,
    /// The machine, for people.
    pub title: &'a str,
    /// Where images will be.
    pub url: Option<&'a str>,
    /// The directory of this one's files there.
    pub directory: Option<&'a str>,
}

/// An image, and its compressed form.
pub(crate) struct Image {
    pub size: u64,
    pub sha256: String,
    /// Its name.
    pub packed: String,
    pub packed_size: u64,
    pub packed_sha256: String,
}

impl Entry<'_> {
    /// A list of this image alone; none for machines that Imager does not know.
    pub(crate) fn list(&self, image: &Image) -> Option<String> {
        let manifest = self.manifest;
        let device = device(&manifest.machine, &manifest.target)?;
        let base = self.url.unwrap_or_default().trim_end_matches('/');
        let place = [
            Some(base).filter(|base| !base.is_empty()),
            self.directory,
            Some(&image.packed),
        ];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        let version = match manifest.version.is_empty() {
            true => String::new(),
            false => format!("Version {}, ", manifest.version),
        };
        let mut entry = json!({
            "name": manifest.name,
            "description": format!("{version}for {}", self.title),
            "icon": "",
            "url": place.join("/"),
            "extract_size": image.size,
            "extract_sha256": image.sha256,
            "image_download_size": image.packed_size,
            "image_download_sha256": image.packed_sha256,
            // Nothing, so that Imager does not offer its own settings (users, keys), which are for other systems.
            "init_format": "",
            "devices": [device],
        });
        // The date of the sources: builds contain no time.
        if let Some(source) = &manifest.source {
            entry["release_date"] = json!(source.date);
        }
        Some(whole(&[entry]))
    }
}

fn whole(entries: &[Value]) -> String {
    let list = json!({ "os_list": entries });
    format!("{list:#}\n")
}

/// The lists of several as one; none where there are none.
pub(crate) fn joined(lists: impl Iterator<Item = PathBuf>) -> Option<String> {
    let entries = |path: &Path| {
        let text = std::fs::read_to_string(path).ok()?;
        let list: Value = serde_json::from_str(&text).ok()?;
        list["os_list"].as_array().cloned()
    };
    let all: Vec<Value> = lists.filter_map(|path| entries(&path)).flatten().collect();
    (!all.is_empty()).then(|| whole(&all))
}

/// Imager's names of machines: by processors, so a Zero 2 is a 3.
fn device(machine: &str, target: &str) -> Option<String> {
    let model = match machine {
        "raspberry-pi-zero" => "pi1",
        "raspberry-pi-2" => "pi2",
        "raspberry-pi-zero-2" | "raspberry-pi-3" => "pi3",
        "raspberry-pi-4" => "pi4",
        "raspberry-pi-5" => "pi5",
        _ => return None,
    };
    let bits = match target.starts_with("aarch64") {
        true => 64,
        false => 32,
    };
    Some(format!("{model}-{bits}bit"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appliance::revision::Revision;

    fn list(machine: &str, url: Option<&str>) -> Option<Value> {
        let manifest = json!({
            "format": 1, "name": "shop-01", "version": "1.2", "machine": machine,
            "target": "aarch64-unknown-linux-musl", "xsys": "0.1.0", "rustc": "1.95.0", "kernel": null, "init": null,
            "modules": [], "programs": [], "files": [], "settings": {}, "config-txt": [], "command-line": "",
            "partitions": [], "select": [], "boot": [],
        });
        let mut manifest: Manifest = serde_json::from_value(manifest).unwrap();
        manifest.source = Some(Revision {
            revision: "00".to_owned(),
            clean: true,
            date: "2026-02-03".to_owned(),
        });
        let entry = Entry {
            manifest: &manifest,
            title: "Raspberry Pi 3",
            url,
            directory: Some("shop-01"),
        };
        let text = entry.list(&Image {
            size: 100,
            sha256: "aa".to_owned(),
            packed: "shop-01.img.xz".to_owned(),
            packed_size: 10,
            packed_sha256: "bb".to_owned(),
        });
        text.map(|text| serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn entries_have_what_imagers_schema_asks_for() {
        let list = list("raspberry-pi-zero-2", Some("https://a.b/c/")).unwrap();
        let entry = &list["os_list"][0];
        for key in [
            "name",
            "description",
            "icon",
            "url",
            "extract_sha256",
            "release_date",
        ] {
            assert!(entry[key].is_string(), "{key}: {entry}");
        }
        for key in ["extract_size", "image_download_size"] {
            assert!(entry[key].is_u64(), "{key}: {entry}");
        }
        assert_eq!(entry["url"], "https://a.b/c/shop-01/shop-01.img.xz");
        assert_eq!(entry["init_format"], "");
        assert_eq!(entry["devices"], json!(["pi3-64bit"]));
        assert_eq!(entry["release_date"], "2026-02-03");
    }

    #[test]
    fn addresses_may_be_relative_and_other_machines_are_left_out() {
        let with = list("raspberry-pi-4", None).unwrap();
        assert_eq!(with["os_list"][0]["url"], "shop-01/shop-01.img.xz");
        assert_eq!(list("qemu-virt", None), None);
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("a"), with.to_string()).unwrap();
        std::fs::write(path("b"), with.to_string()).unwrap();
        let joined = joined(["a", "b", "none"].map(path).into_iter()).unwrap();
        let joined: Value = serde_json::from_str(&joined).unwrap();
        assert_eq!(joined["os_list"].as_array().unwrap().len(), 2);
        assert_eq!(super::joined([path("none")].into_iter()), None);
    }
}
