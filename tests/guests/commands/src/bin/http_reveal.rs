//! Looks for a text that it was told backwards: in its request, in the response, in its environment
//! and in all of its memory. It never writes the text forwards, so as not to find its own.

use commands::http::{Call, head, read};

fn main() {
    let mut words = std::env::args().skip(1);
    let backwards = words.next().unwrap().into_bytes();
    let call = Call::new(words);
    let request = call.request().unwrap();
    let headers = request.headers();
    let response = head(call.start_with(request).unwrap()).unwrap();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for (name, value) in headers
        .entries()
        .into_iter()
        .chain(response.headers().entries())
    {
        println!("{name}");
        seen.push(value);
    }
    let (status, body) = read(response).unwrap();
    println!("{status}");
    seen.push(body.into_bytes());
    for (name, value) in std::env::vars() {
        seen.push(name.into_bytes());
        seen.push(value.into_bytes());
    }
    let memory = memory();
    let found = seen
        .iter()
        .map(|text| count(text, &backwards))
        .sum::<usize>();
    println!("{found} in what it can ask for");
    println!(
        "{} in {} bytes of memory",
        count(memory, &backwards),
        memory.len()
    );
    // That it finds something shows that it can.
    let decoy: Vec<u8> = std::hint::black_box(b"yoced").to_vec();
    let here: Vec<u8> = decoy.iter().rev().copied().collect();
    println!(
        "decoy found: {}",
        count(memory, &decoy) > 0 && here.len() == 5
    );
}

fn memory() -> &'static [u8] {
    let end = core::arch::wasm32::memory_size(0) << 16;
    // SAFETY: all of a linear memory can be read; what changes meanwhile is only this function's own.
    unsafe { std::slice::from_raw_parts(std::hint::black_box(1024) as *const u8, end - 1024) }
}

fn count(text: &[u8], backwards: &[u8]) -> usize {
    text.windows(backwards.len())
        .filter(|part| part.iter().eq(backwards.iter().rev()))
        .count()
}
