//! The description of an image for Raspberry Pi Imager, in the form of its repositories (`os_list` JSON, version 4):
//! `rpi-imager --repo FILE` then offers it.

use serde_json::{Value, json};

/// What is said of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub description: String,
    /// Where the compressed image is; a file beside the list is named by a `file://` address.
    pub url: String,
    /// Of the compressed file, in bytes and as SHA-256.
    pub download_size: u64,
    pub download_digest: String,
    /// Of the image itself.
    pub size: u64,
    pub digest: String,
    /// Tags of machines, such as `pi4-64bit`.
    pub devices: Vec<String>,
}

/// The list.
pub fn os_list(entries: &[Entry]) -> Value {
    let entries: Vec<Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "name": entry.name,
                "description": entry.description,
                "url": entry.url,
                "extract_size": entry.size,
                "extract_sha256": entry.digest,
                "image_download_size": entry.download_size,
                "image_download_sha256": entry.download_digest,
                "devices": entry.devices,
                "init_format": "none",
            })
        })
        .collect();
    json!({ "os_list": entries })
}
