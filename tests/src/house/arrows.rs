//! Which file refers to which: paths are followed through modules and `use` to the file that defines what they
//! name. Methods and fields have no path, so calls of them are not seen: the type's name is.

use std::collections::{BTreeMap, HashMap};

use super::parse::{Module, SourceFile};

/// One file refers to another.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// Index of the file that refers.
    pub from: usize,
    /// Index of the file that is referred to.
    pub to: usize,
    /// The first place where it does: line, and the path written there.
    pub line: usize,
    pub path: String,
}

/// All arrows of a crate, each pair of files once.
pub(super) fn all(files: &[SourceFile]) -> Vec<Arrow> {
    let map = Modules::new(files);
    let mut arrows = BTreeMap::new();
    for (from, file) in files.iter().enumerate() {
        for module in &file.modules {
            for (path, line) in &module.paths {
                let Some(to) = map.follow(module, path, 0) else {
                    continue;
                };
                if to != from {
                    arrows.entry((from, to)).or_insert_with(|| Arrow {
                        from,
                        to,
                        line: *line,
                        path: path.join("::"),
                    });
                }
            }
        }
    }
    arrows.into_values().collect()
}

struct Modules<'a> {
    by_path: HashMap<&'a [String], (usize, &'a Module)>,
}

/// Imports that name each other would be followed for ever.
const DEEPEST: usize = 16;

impl<'a> Modules<'a> {
    fn new(files: &'a [SourceFile]) -> Self {
        let mut by_path = HashMap::new();
        for (index, file) in files.iter().enumerate() {
            for module in &file.modules {
                by_path.entry(&*module.path).or_insert((index, module));
            }
        }
        Self { by_path }
    }

    /// The file that defines what a path in this module stands for; none if it is of another crate.
    fn follow(&self, module: &Module, path: &[String], depth: usize) -> Option<usize> {
        if depth > DEEPEST {
            return None;
        }
        let mut at = module.path.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            first => {
                let known = self.is_module(&at, first)
                    || module.imported.iter().any(|(name, _)| name == first)
                    || module.defined.iter().any(|name| name == first);
                // Another crate's, a prelude's, or a variant's.
                if !known {
                    return None;
                }
            }
        }
        self.descend(at, rest, depth)
    }

    fn is_module(&self, at: &[String], name: &str) -> bool {
        let mut path = at.to_vec();
        path.push(name.to_owned());
        self.by_path.contains_key(&*path)
    }

    fn descend(&self, mut at: Vec<String>, mut rest: &[String], depth: usize) -> Option<usize> {
        loop {
            let (file, module) = *self.by_path.get(&*at)?;
            let Some(next) = rest.first() else {
                return Some(file);
            };
            if self.is_module(&at, next) {
                at.push(next.clone());
                rest = &rest[1..];
                continue;
            }
            if module.defined.iter().any(|name| name == next) {
                return Some(file);
            }
            if let Some((_, meaning)) = module.imported.iter().find(|(name, _)| name == next) {
                let mut whole = meaning.clone();
                whole.extend_from_slice(&rest[1..]);
                // `use object::elf` in a module that has a child `object` means the crate only with `::`.
                return self.follow(module, &whole, depth + 1);
            }
            return module.globs.iter().find_map(|glob| {
                let mut whole = glob.clone();
                whole.extend_from_slice(rest);
                self.follow(module, &whole, depth + 1)
            });
        }
    }
}
