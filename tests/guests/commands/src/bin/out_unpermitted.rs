//! Writes more at once than the stream permits.

fn main() {
    let stdout = wasip2::cli::stdout::get_stdout();
    let permit = stdout.check_write().expect("standard output is open");
    let block = vec![b'x'; usize::try_from(permit).expect("a small number") + 1];
    let _ = stdout.write(&block);
}
