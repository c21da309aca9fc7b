//! Errors on stderr: one glance tells place and remedy.

use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};

use crate::error::Error;

/// Prints an error; claim files are shown with the line and a caret.
pub fn print(error: Error) {
    eprintln!("{:?}", report(error));
}

fn report(error: Error) -> Report {
    match error {
        Error::Claim { path, text, span, message, help } => {
            let mut diagnostic = MietteDiagnostic::new(message).with_label(LabeledSpan::underline(span));
            diagnostic.help = help;
            Report::new(diagnostic)
                .with_source_code(NamedSource::new(path.display().to_string(), text).with_language("TOML"))
        }
        other => Report::new(MietteDiagnostic::new(other.to_string())),
    }
}
