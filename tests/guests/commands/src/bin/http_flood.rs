//! Starts many requests without waiting for any, and then lets go of all of them.

use commands::http::Call;

fn main() {
    let mut words = std::env::args().skip(1);
    let times: usize = words.next().and_then(|word| word.parse().ok()).unwrap_or(1);
    let call = Call::new(words);
    let started: Vec<_> = (0..times).map(|_| call.start()).collect();
    let refused = started.iter().filter(|start| start.is_err()).count();
    println!("{} started, {refused} refused", started.len() - refused);
    if let Some(Err(error)) = started.last() {
        println!("{error}");
    }
    // The connections are made meanwhile.
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(started);
    std::thread::sleep(std::time::Duration::from_millis(300));
    if refused > 0 {
        std::process::exit(1);
    }
}
