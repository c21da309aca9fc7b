//! Errors on stderr: one glance tells place and remedy.

use std::io::ErrorKind;

use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};

use crate::claim::line_and_column;
use crate::error::Error;

/// Bytes of the longest line that is shown.
const LONGEST_LINE: usize = 1000;

/// Length of the line that a byte is in.
fn line_length(text: &str, at: usize) -> usize {
    let (before, after) = text.as_bytes().split_at(at.min(text.len()));
    let start = before.iter().rev().position(|&b| b == b'\n').unwrap_or(before.len());
    start + after.iter().position(|&b| b == b'\n').unwrap_or(after.len())
}

/// Prints an error; claim files are shown with the line and a caret.
pub fn print(error: Error) {
    // Lines are not wrapped: a flag or a path would break at its hyphens. Set once, so a second call
    // may fail.
    let plain = |_: &_| -> Box<dyn miette::ReportHandler> {
        Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build())
    };
    let _ = miette::set_hook(Box::new(plain));
    eprintln!("{:?}", report(error));
}

fn report(error: Error) -> Report {
    match error {
        Error::Claim { path, text, span, message, help }
            if line_length(&text, span.start) > LONGEST_LINE =>
        {
            let (line, column) = line_and_column(&text, span.start);
            let mut diagnostic =
                MietteDiagnostic::new(format!("{}:{line}:{column}: {message}", path.display()));
            diagnostic.help = help;
            Report::new(diagnostic)
        }
        Error::Claim { path, text, span, message, help } => {
            let mut diagnostic = MietteDiagnostic::new(message).with_label(LabeledSpan::underline(span));
            diagnostic.help = help;
            Report::new(diagnostic)
                .with_source_code(NamedSource::new(path.display().to_string(), text).with_language("TOML"))
        }
        Error::Io { path, source } => {
            let mut diagnostic = MietteDiagnostic::new(format!("{}: {source}", path.display()));
            diagnostic.help = remedy(&source).map(str::to_owned);
            Report::new(diagnostic)
        }
        other => {
            let mut diagnostic = MietteDiagnostic::new(other.to_string());
            if let Error::Unknown { what, suggestion: None, .. } = &other {
                diagnostic.help = list(what).map(|list| format!("`klaim list {list}` has them"));
            }
            Report::new(diagnostic)
        }
    }
}

/// What `klaim list` calls the names of a kind.
fn list(what: &str) -> Option<&'static str> {
    Some(match what {
        "claim" => "claims",
        "source" => "sources",
        "quantity" => "quantities",
        "denoiser" => "denoisers",
        "schedule" => "schedules",
        "sampler" => "samplers",
        "model" => "models",
        "solver" => "solvers",
        _ => return None,
    })
}

/// What helps where the system refuses a file for want of something.
fn remedy(error: &std::io::Error) -> Option<&'static str> {
    /// EMFILE: too many open files.
    const OPEN_FILES: i32 = 24;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some("make room; what was measured is kept, and --resume goes on")
        }
        ErrorKind::FileTooLarge => Some("allow larger files (ulimit -f), or take another folder with --out"),
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            Some("take a folder that can be written, with --out")
        }
        _ if error.raw_os_error() == Some(OPEN_FILES) => Some("allow more open files: ulimit -n"),
        _ => None,
    }
}

/// An error as the program tells it, without the colours: claim files with the line and a caret, all
/// others in a sentence.
pub fn text(error: Error) -> String {
    let plain = |error: &Error| matches!(error, Error::Claim { .. });
    if !plain(&error) {
        return error.to_string();
    }
    let mut text = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
    // Writing to a text cannot fail.
    let _ = handler.with_wrap_lines(false).render_report(&mut text, report(error).as_ref());
    text.trim_end().to_owned()
}
