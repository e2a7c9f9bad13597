//! Sends a request as often as it is told to, one after the other, and tells what came back. It fails
//! if the last one did, when it is told to mind.

use commands::http::Call;

fn main() {
    let mut words = std::env::args().skip(1);
    let mind = words.next().as_deref() == Some("mind");
    let times: usize = words.next().and_then(|word| word.parse().ok()).unwrap_or(1);
    let call = Call::new(words);
    let mut failed = false;
    for _ in 0..times {
        let answer = call.send();
        failed = answer.is_err();
        match answer {
            Ok((status, body)) => println!("{status} {}", body.trim_end()),
            Err(error) => println!("{error}"),
        }
    }
    if mind && failed {
        std::process::exit(1);
    }
}
