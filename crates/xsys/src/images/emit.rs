//! Images beside the ELF file: `--emit`, `emit` in manifests and boards.
//!
//! An item is a format, or a format and a file name: `hex`, `bin=kernel8.img`, `uf2-rp2040`. With a
//! format alone, the image has the ELF file's name with the format's extension.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xsys_diag::Diagnostic;
use xsys_image::uf2::Family;
use xsys_image::{Format, Options};

/// One image to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emit {
    pub format: Format,
    pub family: Option<Family>,
    /// Whether large gaps are intended (`bin-gaps`).
    pub gaps: bool,
    /// A file name without directories.
    pub file: Option<String>,
    /// Whether several programs would use that name.
    pub shared: Shared,
}

/// Whether cargo puts several programs into one directory, where images with one name would
/// overwrite each other: binaries, and examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shared {
    pub binaries: bool,
    pub examples: bool,
}

impl Shared {
    fn at(self, elf: &Path) -> bool {
        match elf.parent().and_then(Path::file_name) {
            Some(directory) if directory == "examples" => self.examples,
            _ => self.binaries,
        }
    }
}

impl Emit {
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        let (kind, file) = match text.split_once('=') {
            Some((kind, file)) => (kind, Some(file)),
            None => (text, None),
        };
        // Both spellings only use characters that need no quoting in file names and TOML.
        let (format, family) = match kind.split_once(['-', ':']) {
            Some((format, family)) if format.eq_ignore_ascii_case("uf2") => (format, Some(family)),
            _ => (kind, None),
        };
        let (format, gaps) = match format.split_once('-') {
            Some((binary, "gaps")) if binary.parse() == Ok(Format::Bin) => (binary, true),
            _ => (format, false),
        };
        let format: Format = format
            .parse()
            .map_err(|error: xsys_image::Error| error.into_diagnostic())?;
        let family = family
            .map(|name| name.parse())
            .transpose()
            .map_err(xsys_image::Error::into_diagnostic)?;
        if format == Format::Uf2 && family.is_none() {
            return Err(xsys_image::Error::NoFamily
                .into_diagnostic()
                .help("for example `--emit uf2-rp2040`, or `xsys image FILE --format uf2 --family rp2040`"));
        }
        if let Some(name) = file
            && Path::new(name).file_name().is_none_or(|base| base != name)
        {
            return Err(
                Diagnostic::error(format!("`{name}` is not a plain file name")).help(
                    "images are written beside the ELF file; give a name without directories",
                ),
            );
        }
        if let Some(name) = file
            && (name.starts_with('.') || name.ends_with(".d"))
        {
            return Err(
                Diagnostic::error(format!("`{name}` is a name for files of cargo's")).help(
                    "images are written beside the ELF file; give a name such as `firmware.bin`",
                ),
            );
        }
        Ok(Self {
            format,
            family,
            gaps,
            file: file.map(str::to_owned),
            shared: Shared::default(),
        })
    }

    /// A list from a manifest or a command line; reports everything that is wrong.
    pub(crate) fn parse_all<'a>(
        list: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Self>, Vec<Diagnostic>> {
        let (mut emits, mut problems): (Vec<Self>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
        for text in list {
            match Self::parse(text) {
                Ok(emit) if !emits.contains(&emit) => emits.push(emit),
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(emits)
        } else {
            Err(problems)
        }
    }

    /// The item as it is written.
    pub(crate) fn text(&self) -> String {
        let mut text = self.format.name().to_owned();
        if let Some(Family(id)) = self.family {
            text.push_str(&format!("-0x{id:08x}"));
        }
        if self.gaps {
            text.push_str("-gaps");
        }
        if let Some(file) = &self.file {
            text.push_str(&format!("={file}"));
        }
        text
    }

    /// What the writer has to know.
    pub(crate) fn options(&self, fill: u8) -> Options {
        Options {
            fill,
            gaps: self.gaps,
            family: self.family,
        }
    }

    /// The path of an ELF file's image; none if the ELF file itself is meant.
    pub(crate) fn path(&self, elf: &Path) -> Option<PathBuf> {
        match (&self.file, self.format) {
            (Some(name), _) if self.shared.at(elf) => Some(named_after(elf, name)),
            (Some(name), _) => Some(elf.with_file_name(name)),
            (None, Format::Elf) => None,
            (None, format) => {
                // Program names may contain dots: the extension is appended, and only replaces
                // those of linked files.
                let mut name = elf.file_name()?.to_owned();
                if elf
                    .extension()
                    .is_some_and(|extension| extension == "elf" || extension == "wasm")
                {
                    name = elf.file_stem()?.to_owned();
                }
                name.push(".");
                name.push(format.extension());
                Some(elf.with_file_name(name))
            }
        }
    }
}

/// A file with a program's name and the extension of the configured one: `blink.img` for
/// `kernel8.img`.
fn named_after(elf: &Path, name: &str) -> PathBuf {
    let mut file = elf.file_stem().unwrap_or_default().to_owned();
    if elf
        .extension()
        .is_some_and(|end| end != "elf" && end != "wasm")
    {
        file = elf.file_name().unwrap_or_default().to_owned();
    }
    match Path::new(name).extension() {
        Some(ending) => {
            file.push(".");
            file.push(ending);
        }
        None => {
            file.push("-");
            file.push(name);
        }
    }
    elf.with_file_name(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_name_format_family_and_file() {
        for (text, path) in [
            ("bin", "/t/hello.bin"),
            ("hex", "/t/hello.hex"),
            ("bin=kernel8.img", "/t/kernel8.img"),
            ("uf2-rp2040", "/t/hello.uf2"),
            ("uf2:rp2040=fw.uf2", "/t/fw.uf2"),
            ("uf2-0x1234=fw.uf2", "/t/fw.uf2"),
            ("elf=hello.elf", "/t/hello.elf"),
            ("bin-gaps", "/t/hello.bin"),
            ("raw-gaps=k.img", "/t/k.img"),
        ] {
            let emit = Emit::parse(text).unwrap();
            assert_eq!(emit.path(Path::new("/t/hello")).unwrap(), Path::new(path));
            // Passed on to another process it means the same.
            assert_eq!(Emit::parse(&emit.text()).unwrap(), emit);
        }
        assert_eq!(Emit::parse("elf").unwrap().path(Path::new("/t/a")), None);
        let bin = Emit::parse("bin").unwrap();
        assert_eq!(
            bin.path(Path::new("a-1.2")).unwrap(),
            Path::new("a-1.2.bin")
        );
        assert_eq!(bin.path(Path::new("a.elf")).unwrap(), Path::new("a.bin"));
        let component = Emit::parse("component").unwrap();
        assert_eq!(
            component.path(Path::new("a.wasm")).unwrap(),
            Path::new("a.component.wasm")
        );
    }

    #[test]
    fn a_name_for_several_programs_gives_way_to_theirs() {
        for (text, elf, expected) in [
            ("bin=kernel8.img", "/t/a", "/t/a.img"),
            ("bin=kernel8.img", "/t/a-1.2", "/t/a-1.2.img"),
            (
                "bin=kernel8.img",
                "/t/examples/a",
                "/t/examples/kernel8.img",
            ),
            ("bin=firmware", "/t/a.elf", "/t/a-firmware"),
            ("bin", "/t/a", "/t/a.bin"),
        ] {
            let mut emit = Emit::parse(text).unwrap();
            emit.shared.binaries = true;
            assert_eq!(emit.path(Path::new(elf)).unwrap(), Path::new(expected));
        }
    }

    #[test]
    fn all_mistakes_are_reported() {
        let problems = Emit::parse_all([
            "bin",
            "bim",
            "uf2",
            "uf2-rp2400",
            "bin=../x",
            "hex=",
            "bin=.a",
            "hex=a.d",
        ])
        .unwrap_err();
        let messages: Vec<&str> = problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "unknown image format `bim`",
                "a `uf2` image needs a family: which chip's boot loader it is for",
                "unknown UF2 family `rp2400`",
                "`../x` is not a plain file name",
                "`` is not a plain file name",
                "`.a` is a name for files of cargo's",
                "`a.d` is a name for files of cargo's",
            ]
        );
        assert_eq!(Emit::parse_all(["bin", "bin"]).unwrap().len(), 1);
    }
}
