//! Traps at a place that its debug information knows.

use stepwell_task::Result;

stepwell_task::task! {
    /// Reads far behind the end of its memory.
    name: "traps",
    run: trap,
}

fn trap() -> Result {
    let mark = vec![0xa5_u8; 16];
    std::hint::black_box(&mark);
    read(std::hint::black_box(usize::MAX - 64));
    Ok(())
}

#[inline(never)]
fn read(address: usize) {
    let pointer = std::ptr::without_provenance::<u64>(address & !7);
    // SAFETY: there is none, which is the point; the sandbox refuses it.
    std::hint::black_box(unsafe { pointer.read_volatile() });
}
