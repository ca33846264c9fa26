//! The binary `countersign`: the server, and the operator's command line.

fn main() -> std::process::ExitCode {
    countersign::cli::main()
}
