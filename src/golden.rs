//! Committed files that are made by the code.

use std::path::Path;

/// Holds a file of `docs/` against what the code makes; with `UPDATE_DOCS=1` writes it instead.
pub fn golden(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).expect("docs can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/{file} is not what the code makes: run this test with UPDATE_DOCS=1");
}
