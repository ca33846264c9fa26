//! The binary `countersign`: the server, and the operator's command line.

/// A request makes some hundred small allocations on several threads, which the C library's
/// allocator spends a fifth of the server's time on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    countersign::cli::main()
}
