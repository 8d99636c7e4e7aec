//! Where the official API descriptions lie. They are read in place and never copied into the project. (The unit tests of the
//! library have this file too.)

use std::path::{Path, PathBuf};

/// The file or folder below the folder of specifications; without it, says which test was skipped.
///
/// The folder is `COMMANDPOST_SPECS`, else `../shared/specs` beside the project.
pub fn find(test: &str, file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("COMMANDPOST_SPECS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs"), PathBuf::from);
    let path = folder.join(file);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED: {test}: specifications not found");
    None
}
