//! Options that are recognised and not supported yet.
//!
//! Those that would change the image are errors, those that only ask for a report or a smaller image are warnings:
//! no option is ignored silently.

use xsys_diag::Diagnostic;

use crate::options::{ElfOptions, Icf};

/// The diagnostics for such options.
pub(crate) fn unsupported(options: &ElfOptions) -> Vec<Diagnostic> {
    let errata = "compile with the compiler's own workaround, or leave the option out if the core is not affected";
    let changes = [(options.machine.fix_cortex_a8, "--fix-cortex-a8", errata)];
    let errors = changes
        .into_iter()
        .filter(|(asked, ..)| *asked)
        .map(|(_, option, help)| {
            Diagnostic::error(format!("`{option}` is not supported yet")).help(help)
        });
    let warning = (options.layout.icf != Icf::None).then(|| {
        Diagnostic::warning("`--icf` is not supported yet: equal functions stay apart")
            .note("the image is right as it is, only larger than it could be")
    });
    errors.chain(warning).collect()
}
