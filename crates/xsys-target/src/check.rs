//! What is wrong with a spec, said with its place in the file.

use xsys_diag::{Diagnostic, Source};

use crate::json::{Node, Value};
use crate::rustc::{Error, Rustc};
use crate::target::Target;

/// What xsys itself must be able to read before anything else can be said.
pub(crate) fn essentials(node: &Node, source: &Source) -> Vec<Diagnostic> {
    match node.value {
        Value::Object(_) => Vec::new(),
        _ => vec![Diagnostic::error("a target spec is a JSON object").label(
            source,
            node.span.clone(),
            "this is none",
        )],
    }
}

pub(crate) fn check(
    target: &Target,
    source: &Source,
    rustc: &Rustc,
) -> Result<Vec<Diagnostic>, Error> {
    let _ = (target, rustc);
    Ok(Target::tree(source).err().unwrap_or_default())
}
