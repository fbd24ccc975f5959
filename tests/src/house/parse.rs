//! The files of a crate: their modules, definitions, imports, references and functions. Tests inside files are
//! left out: they may refer to anything.

use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A file of Rust.
pub struct SourceFile {
    /// Below `src`.
    pub path: PathBuf,
    /// The path of its module, from the crate's root.
    pub module: Vec<String>,
    /// How many lines it has.
    pub lines: usize,
    /// It begins with a description (`//!`).
    pub has_head: bool,
    /// Its modules: itself, then those written inside it.
    pub modules: Vec<Module>,
    /// Its functions, outside tests.
    pub functions: Vec<Function>,
    /// How many items are `pub` without a restriction.
    pub public: usize,
    /// Names it mentions that begin with `EM_`: machines of ELF.
    pub machines: Vec<String>,
}

/// A module, as far as names are concerned.
pub struct Module {
    /// From the crate's root.
    pub path: Vec<String>,
    /// Items that it defines itself.
    pub defined: Vec<String>,
    /// Names that `use` brings: the name here, and what it stands for.
    pub imported: Vec<(String, Vec<String>)>,
    /// What is imported with `*`.
    pub globs: Vec<Vec<String>>,
    /// Paths of more than one part that occur in it, imports among them, with their lines.
    pub paths: Vec<(Vec<String>, usize)>,
}

/// A function's size.
pub struct Function {
    pub name: String,
    /// Where it begins, counted from 1.
    pub line: usize,
    /// From `fn` to the closing brace.
    pub lines: usize,
}

/// All files below `src`, in the order of their paths, but for those that only contain tests.
pub(super) fn files(src: &Path) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    gather(src, &mut paths);
    paths.sort();
    let files = paths.iter().map(|path| file(src, path));
    files.collect()
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !is_of_tests(&path) {
            paths.push(path);
        }
    }
}

fn is_of_tests(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests") || path.iter().any(|part| part == "tests")
}

fn file(src: &Path, path: &Path) -> SourceFile {
    let text = std::fs::read_to_string(path).expect("sources in UTF-8");
    let syntax = syn::parse_file(&text)
        .unwrap_or_else(|error| panic!("{} is no Rust: {error}", path.display()));
    let path = path.strip_prefix(src).expect("a file below src").to_owned();
    let module = module_of(&path);
    let mut reader = Reader::default();
    reader.read_module(module.clone(), &syntax.items);
    reader.modules.reverse();
    SourceFile {
        lines: text.lines().count(),
        has_head: text.starts_with("//!"),
        modules: reader.modules,
        functions: reader.functions,
        public: reader.public,
        machines: reader.machines,
        module,
        path,
    }
}

/// `elf/layout/mod.rs` is `elf::layout`, `elf/gc.rs` is `elf::gc`, `lib.rs` and `main.rs` are the root.
fn module_of(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let last = parts.last().map(String::as_str);
    if last == Some("mod") || parts.len() == 1 && matches!(last, Some("lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Goes through a file. Modules are finished from the inside out.
#[derive(Default)]
struct Reader {
    modules: Vec<Module>,
    open: Vec<Module>,
    functions: Vec<Function>,
    public: usize,
    machines: Vec<String>,
}

impl Reader {
    fn read_module(&mut self, path: Vec<String>, items: &[Item]) {
        self.open.push(Module {
            path,
            defined: Vec::new(),
            imported: Vec::new(),
            globs: Vec::new(),
            paths: Vec::new(),
        });
        for item in items {
            self.visit_item(item);
        }
        self.modules.extend(self.open.pop());
    }

    fn here(&mut self) -> &mut Module {
        self.open.last_mut().expect("a module is open")
    }

    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        let line = tree.span().start().line;
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.import_name(&name, &name, before, line);
            }
            UseTree::Rename(rename) => {
                let (name, here) = (rename.ident.to_string(), rename.rename.to_string());
                self.import_name(&name, &here, before, line);
            }
            UseTree::Glob(_) => {
                self.here().globs.push(before.clone());
                self.here().paths.push((before.clone(), line));
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before);
                }
            }
        }
    }

    fn import_name(&mut self, name: &str, here: &str, before: &[String], line: usize) {
        self.mention(name);
        let mut whole = before.to_vec();
        let mut here = here.to_owned();
        if name != "self" {
            whole.push(name.to_owned());
        } else if here == "self" {
            here = before.last().cloned().unwrap_or_default();
        }
        self.here().imported.push((here, whole.clone()));
        self.here().paths.push((whole, line));
    }

    fn mention(&mut self, name: &str) {
        if name.starts_with("EM_") && !self.machines.iter().any(|known| known == name) {
            self.machines.push(name.to_owned());
        }
    }

    fn function(&mut self, name: &syn::Ident, whole: proc_macro2::Span, body: proc_macro2::Span) {
        let line = name.span().start().line;
        let _ = whole;
        self.functions.push(Function {
            name: name.to_string(),
            line,
            lines: body.end().line + 1 - line,
        });
    }

    /// Paths in the arguments of a macro, which are not parsed.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut line = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    self.mention(&name.to_string());
                    if colons != 2 {
                        self.path(std::mem::take(&mut path), line);
                        line = name.span().start().line;
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.path(std::mem::take(&mut path), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(path, line);
    }

    fn path(&mut self, path: Vec<String>, line: usize) {
        if path.len() > 1 {
            self.here().paths.push((path, line));
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if attributes(item).iter().any(is_test) {
            return;
        }
        if let Some(name) = name(item) {
            self.here().defined.push(name);
        }
        if matches!(visibility(item), Some(Visibility::Public(_))) {
            self.public += 1;
        }
        match item {
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    let mut path = self.here().path.clone();
                    path.push(module.ident.to_string());
                    self.read_module(path, items);
                }
            }
            Item::Use(import) => self.import(&import.tree, &mut Vec::new()),
            Item::Fn(function) => {
                self.function(&function.sig.ident, item.span(), function.block.span());
                visit::visit_item(self, item);
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if function.attrs.iter().any(is_test) {
            return;
        }
        if matches!(function.vis, Visibility::Public(_)) {
            self.public += 1;
        }
        self.function(&function.sig.ident, function.span(), function.block.span());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.sig.ident, function.span(), block.span());
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        for part in &parts {
            self.mention(part);
        }
        self.path(parts, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }
}

/// `#[test]`, and `#[cfg(test)]` alone or with others.
fn is_test(attribute: &Attribute) -> bool {
    let path = attribute.path();
    if path.is_ident("test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    let mut tokens = list.tokens.clone().into_iter();
    path.is_ident("cfg")
        && matches!(tokens.next(), Some(TokenTree::Ident(first)) if first == "test")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn visibility(item: &Item) -> Option<&Visibility> {
    match item {
        Item::Const(item) => Some(&item.vis),
        Item::Enum(item) => Some(&item.vis),
        Item::Fn(item) => Some(&item.vis),
        Item::Static(item) => Some(&item.vis),
        Item::Struct(item) => Some(&item.vis),
        Item::Trait(item) => Some(&item.vis),
        Item::Type(item) => Some(&item.vis),
        Item::Use(item) => Some(&item.vis),
        Item::Mod(item) => Some(&item.vis),
        _ => None,
    }
}
