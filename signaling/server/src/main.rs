//! The binary `giaoban`.

fn main() -> std::process::ExitCode {
    signaling_server::cli::run()
}
