//! The format of these cases: a file `case` beside the sources.

use std::path::{Path, PathBuf};

/// A case as its folder has it.
pub(super) struct Case {
    pub folder: PathBuf,
    /// In the order in which they are made; the last is the program.
    pub outputs: Vec<Output>,
    pub variants: Vec<Variant>,
    /// For every source.
    pub flags: Vec<String>,
    pub env: Vec<(String, String)>,
    /// What the program prints.
    pub out: String,
    pub exit: i32,
    /// The last link fails, with these words.
    pub fails: Option<String>,
    /// Facts about which the linkers may differ: the start of each.
    pub differs: Vec<String>,
}

/// A file that is linked.
pub(super) struct Output {
    pub name: String,
    pub sources: Vec<String>,
    /// Flags of the compiler.
    pub compile: Vec<String>,
    /// Libraries and flags of the linker.
    pub link: Vec<String>,
}

impl Output {
    pub(super) fn is_shared(&self) -> bool {
        self.name.ends_with(".so")
    }
}

/// How the program is compiled and linked.
#[derive(Clone)]
pub(super) struct Variant {
    pub name: &'static str,
    /// Of C, and of C++.
    pub compilers: (&'static str, &'static str),
    pub compile: Vec<&'static str>,
    pub link: Vec<&'static str>,
}

const GNU: (&str, &str) = ("gcc", "g++");

fn variant(name: &str) -> Option<Variant> {
    let variant = |name, compilers, compile: &[&'static str], link: &[&'static str]| Variant {
        name,
        compilers,
        compile: compile.to_vec(),
        link: link.to_vec(),
    };
    let pie = &["-fPIE"][..];
    Some(match name {
        "pie" => variant("pie", GNU, pie, &["-pie"]),
        "no-pie" => variant("no-pie", GNU, &["-fno-pic", "-fno-pie"], &["-no-pie"]),
        "now" => variant("now", GNU, pie, &["-pie", "-Wl,-z,now"]),
        "no-plt" => variant("no-plt", GNU, &["-fPIE", "-fno-plt"], &["-pie"]),
        "gc" => variant(
            "gc",
            GNU,
            &["-fPIE", "-ffunction-sections", "-fdata-sections"],
            &["-pie", "-Wl,--gc-sections"],
        ),
        "static" => variant("static", GNU, &["-fno-pie"], &["-static"]),
        "static-pie" => variant("static-pie", GNU, pie, &["-static-pie"]),
        "clang" => variant("clang", ("clang", "clang++"), pie, &["-pie"]),
        _ => return None,
    })
}

impl Case {
    pub(super) fn load(folder: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(folder.join("case"))
            .map_err(|e| format!("cannot read the file `case`: {e}"))?;
        let mut case = Self {
            folder: folder.to_owned(),
            outputs: Vec::new(),
            variants: Vec::new(),
            flags: Vec::new(),
            env: Vec::new(),
            out: String::new(),
            exit: 0,
            fails: None,
            differs: Vec::new(),
        };
        for line in text.lines() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let (key, rest) = line
                .split_once(':')
                .ok_or_else(|| format!("no `:` in the line `{line}`"))?;
            case.line(key, rest.trim())?;
        }
        if case.variants.is_empty() {
            case.variants.extend(variant("pie"));
        }
        match case.outputs.last() {
            Some(last) if last.name == "main" || case.fails.is_some() => Ok(case),
            _ => Err("the last output of a case is `main`".to_owned()),
        }
    }

    fn line(&mut self, key: &str, rest: &str) -> Result<(), String> {
        let words = || rest.split_whitespace().map(str::to_owned);
        match key {
            "variants" => {
                for name in rest.split_whitespace() {
                    let found = variant(name).ok_or_else(|| format!("no variant `{name}`"))?;
                    self.variants.push(found);
                }
            }
            "flags" => self.flags = words().collect(),
            "env" => {
                let pair = rest.split_once('=').ok_or("`env` is NAME=VALUE")?;
                self.env.push((pair.0.to_owned(), pair.1.to_owned()));
            }
            "out" => {
                self.out.push_str(rest);
                self.out.push('\n');
            }
            "exit" => self.exit = rest.parse().map_err(|_| "`exit` is a number")?,
            "fails" => self.fails = Some(rest.to_owned()),
            "differs" => self.differs.push(rest.to_owned()),
            name if name == "main" || name.ends_with(".so") || name.ends_with(".a") => {
                let is_source =
                    |word: &String| [".c", ".cpp", ".s"].iter().any(|end| word.ends_with(end));
                let (sources, words): (Vec<_>, Vec<_>) = words().partition(is_source);
                let compile = |word: &String| word.starts_with("-f") || word.starts_with("-m");
                let (compile, link) = words.into_iter().partition(compile);
                self.outputs.push(Output {
                    name: name.to_owned(),
                    sources,
                    compile,
                    link,
                });
            }
            _ => return Err(format!("no key `{key}` in a case")),
        }
        Ok(())
    }

    /// C++'s library is linked into every output of such a case.
    pub(super) fn has_cpp(&self) -> bool {
        let mut sources = self.outputs.iter().flat_map(|output| &output.sources);
        sources.any(|source| source.ends_with(".cpp"))
    }
}
