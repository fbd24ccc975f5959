//! Options that nothing reads: a field of the linkers' options is set by its row of the table, and a pass has to read
//! it. A row that says "works" although nothing reads its field is wrong, and the compiler does not notice.
//!
//! Types are not known here, only names: a field of `ElfOptions` or `WasmOptions` is read as `options.field`, one of a
//! group as `group.field`, whatever comes before, or through a parameter of that type; and as `self.field` in methods
//! of these types.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Expr, Item, Member, Type};

/// The types with all options of a link, one for each linker.
const ROOTS: [&str; 2] = ["ElfOptions", "WasmOptions"];

/// Fields that no file reads, as `Type.field`. `folders` are the sources of crates, the first those of the linkers.
pub fn unread(folders: &[PathBuf]) -> Vec<String> {
    let mut sources = Vec::new();
    for folder in folders {
        gather(folder, &mut sources);
    }
    let parsed: Vec<(PathBuf, syn::File)> = sources
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("sources in UTF-8");
            let file = syn::parse_file(&text).expect("sources in Rust");
            (path, file)
        })
        .collect();
    let fields = fields(&parsed);
    let mut reader = Reader {
        own: fields.keys().cloned().collect(),
        ..Reader::default()
    };
    for (path, file) in &parsed {
        reader.sets = is_of_options(path);
        reader.visit_file(file);
    }
    let mut out = Vec::new();
    // Groups are asked for by the names of the fields that hold them.
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for root in ROOTS {
        names.entry(root).or_default().insert("options");
    }
    for (field, of) in fields.values().flatten() {
        if fields.contains_key(of) {
            names.entry(of).or_default().insert(field);
        }
    }
    for (field, name) in &reader.alias {
        for names in names
            .values_mut()
            .filter(|names| names.contains(field.as_str()))
        {
            names.insert(name);
        }
    }
    for (of, name) in &reader.called {
        if let Some(names) = names.get_mut(of.as_str()) {
            names.insert(name);
        }
    }
    for (of, fields) in &fields {
        let Some(names) = names.get(of.as_str()) else {
            continue;
        };
        for (field, _) in fields {
            let asked = |name: &&str| reader.read.contains(&((*name).to_owned(), field.clone()));
            if !names.iter().any(asked) && !reader.read.contains(&(of.clone(), field.clone())) {
                out.push(format!("{of}.{field}"));
            }
        }
    }
    out
}

fn gather(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let is_of_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_of_tests {
            gather(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !is_of_tests {
            out.push(path);
        }
    }
}

/// Where options are set.
fn is_of_options(path: &Path) -> bool {
    path.iter()
        .any(|part| part == "options" || part == "options.rs" || part == "flags.rs")
}

/// The fields of all structs in the files of options, with their types' names.
fn fields(parsed: &[(PathBuf, syn::File)]) -> BTreeMap<String, Vec<(String, String)>> {
    let mut out = BTreeMap::new();
    for (_, file) in parsed.iter().filter(|(path, _)| is_of_options(path)) {
        for item in &file.items {
            let Item::Struct(item) = item else { continue };
            let fields = item.fields.iter().filter_map(|field| {
                let of = match &field.ty {
                    Type::Path(path) => path.path.segments.last()?.ident.to_string(),
                    _ => String::new(),
                };
                Some((field.ident.as_ref()?.to_string(), of))
            });
            out.insert(item.ident.to_string(), fields.collect());
        }
    }
    out
}

/// Gathers what is read: the name before the field, and the field.
#[derive(Default)]
struct Reader {
    /// Structs of options.
    own: BTreeSet<String>,
    /// The file sets options: only methods of their own read there.
    sets: bool,
    /// The type whose methods these are.
    within: Option<String>,
    read: BTreeSet<(String, String)>,
    /// Names of parameters and fields, by the struct of options that they are.
    called: BTreeSet<(String, String)>,
    /// Names of variables, by the field whose value they have.
    alias: BTreeSet<(String, String)>,
}

impl Reader {
    fn call(&mut self, of: &Type, name: &syn::Ident) {
        let of = match of {
            Type::Reference(to) => &*to.elem,
            other => other,
        };
        let Type::Path(of) = of else { return };
        let of = of.path.segments.last().map(|part| part.ident.to_string());
        if let Some(of) = of.filter(|of| self.own.contains(of)) {
            self.called.insert((of, name.to_string()));
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = match &*item.self_ty {
            Type::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
            _ => None,
        };
        // Clone, PartialEq and Default read every field.
        if item.trait_.is_none() {
            self.within = of.filter(|of| self.own.contains(of));
            visit::visit_item_impl(self, item);
            self.within = None;
        } else if !self.sets {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_pat_type(&mut self, typed: &'ast syn::PatType) {
        if let syn::Pat::Ident(name) = &*typed.pat {
            self.call(&typed.ty, &name.ident);
        }
        visit::visit_pat_type(self, typed);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(name) = &field.ident {
            self.call(&field.ty, name);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let value = local.init.as_ref().map(|init| match &*init.expr {
            Expr::Reference(of) => &*of.expr,
            other => other,
        });
        if let (syn::Pat::Ident(name), Some(Expr::Field(field))) = (&local.pat, value)
            && let Member::Named(member) = &field.member
        {
            self.alias
                .insert((member.to_string(), name.ident.to_string()));
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        let name = match &*field.base {
            Expr::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
            Expr::Field(inner) => match &inner.member {
                Member::Named(name) => Some(name.to_string()),
                Member::Unnamed(_) => None,
            },
            _ => None,
        };
        if let (Some(name), Member::Named(member)) = (name, &field.member) {
            match &self.within {
                Some(of) if name == "self" => {
                    self.read.insert((of.clone(), member.to_string()));
                }
                _ if !self.sets || self.within.is_some() => {
                    self.read.insert((name, member.to_string()));
                }
                _ => {}
            }
        }
        visit::visit_expr_field(self, field);
    }

    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        // The left side of an assignment is not read, the right side is.
        if let Expr::Field(field) = &*assign.left {
            self.visit_expr(&field.base);
        } else {
            self.visit_expr(&assign.left);
        }
        self.visit_expr(&assign.right);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // `format!`, `matches!` and the like: expressions between commas.
        let parser = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
        if let Ok(parts) = call.parse_body_with(parser) {
            parts.iter().for_each(|part| self.visit_expr(part));
        } else if let Ok(first) = call.parse_body_with(|input: syn::parse::ParseStream<'_>| {
            let first = input.parse::<Expr>();
            let _ = input.parse::<proc_macro2::TokenStream>();
            first
        }) {
            self.visit_expr(&first);
        }
    }
}
