//! The `pagemill` command: parse, call the library, map the error to an exit code.

mod cli;

use pagemill::audit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> std::process::ExitCode {
    cli::main()
}
