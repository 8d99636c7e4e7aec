//! The program: everything is in the library.

use std::process::ExitCode;

/// Under load a tenth of the time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commandpost::cli::main()
}
