//! The program: everything is in the library.

use std::process::ExitCode;

// Under load a tenth of the time went into the system's allocator. Linked in, this one takes the place of `malloc`, for Rust
// and for SQLite; as a `#[global_allocator]` it would be asked for an alignment every time, which takes its slow way.
use mimalloc as _;

fn main() -> ExitCode {
    commandpost::cli::main()
}
