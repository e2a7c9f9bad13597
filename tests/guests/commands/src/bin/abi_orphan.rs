//! Drops a stream while a pollable of it is alive.

fn main() {
    let stdout = wasip2::cli::stdout::get_stdout();
    let pollable = stdout.subscribe();
    drop(stdout);
    println!("ready: {}", pollable.ready());
}
