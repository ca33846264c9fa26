//! What is said of an import at the command line: in lines for people, as JSON for programs.

use import::{Remark, Remarks, Report};

/// A remark for people, in one line that moves no terminal's cursor.
pub(super) fn told(remark: &Remark) -> String {
    crate::cli::plain(&remark.told())
}

/// A line each, and one for those that are not told.
pub(super) fn lines(remarks: &Remarks, what: &str) -> Vec<String> {
    let all = remarks.told.iter();
    let mut lines: Vec<_> = all
        .map(|remark| format!("{what}: {}", self::told(remark)))
        .collect();
    if remarks.rest() > 0 {
        lines.push(format!("{what}: {} more", remarks.rest()));
    }
    lines
}

/// All of it, for programs.
pub(super) fn value(report: &Report, imported: bool) -> serde_json::Value {
    serde_json::json!({
        "imported": imported,
        "authenticators": report.taken.authenticators,
        "users_created": report.taken.users,
        "unassigned": report.taken.unassigned,
        "with_end_of_validity": report.taken.dated,
        "refused": report.refused.told,
        "refused_count": report.refused.count,
        "warnings": report.warnings.told,
        "warnings_count": report.warnings.count,
        "notes": report.notes,
    })
}
