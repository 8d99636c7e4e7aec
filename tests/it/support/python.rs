//! Pythons with packages of strangers in them, which `./test` installs from PyPI below `target`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A Python that can import `module`: the one that `variable` names, else that of `target/FOLDER`. Without one, says which test
/// was skipped.
pub fn with(test: &str, module: &str, variable: &str, folder: &str) -> Option<PathBuf> {
    let given = std::env::var_os(variable).map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(folder).join("bin/python3");
    let found = given.into_iter().chain([own]).find(|python| {
        let asked = Command::new(python).args(["-c", &format!("import {module}")]).output();
        asked.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        println!("SKIPPED: {test}: {module} not found ({variable} is a Python that has it)");
    }
    found
}

/// What the script prints; it must succeed.
pub fn run(python: &Path, script: &str, args: &[&str]) -> String {
    let output = Command::new(python).args(["-c", script]).args(args).output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}
