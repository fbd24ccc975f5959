//! Reports of a link: checks of the finished layout, and tables that options ask for.
//!
//! Nothing here changes the output.

pub(crate) mod board_checks;
pub(crate) mod checks;
pub(crate) mod cref;
pub(crate) mod dead;
pub(crate) mod entry;
pub(crate) mod garbage;
pub(crate) mod inputs;
pub(crate) mod lost;
pub(crate) mod machine_memory;
pub(crate) mod map;
pub(crate) mod no_cross_refs;
pub(crate) mod script_checks;
pub(crate) mod size_limit;
pub(crate) mod stack;
pub(crate) mod unsupported;
pub(crate) mod usage;

use xsys_diag::{Diagnostic, Severity};

/// `--fatal-warnings`
pub(crate) fn make_fatal(diagnostic: &mut Diagnostic) {
    if diagnostic.severity == Severity::Warning {
        diagnostic.severity = Severity::Error;
        diagnostic
            .notes
            .push("it is a warning, which `--fatal-warnings` makes an error".to_owned());
    }
}
