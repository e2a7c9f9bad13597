//! Work of three kinds: arithmetic in registers, memory with branches, and calls. The benchmark
//! compiles this file for the host as well, so that both do the same.

/// Does the work of this name; `None` if there is none.
pub(crate) fn compute(name: &str, rounds: u32) -> Option<u64> {
    Some(match name {
        "mix" => mix(rounds),
        "sort" => sort(rounds),
        "calls" => (0..rounds).fold(0, |sum, _| {
            sum + u64::from(fibonacci(std::hint::black_box(27)))
        }),
        _ => return None,
    })
}

/// Rotations, additions and exclusive ors over eight words, as hashes do.
fn mix(rounds: u32) -> u64 {
    let mut words: [u32; 8] = std::array::from_fn(|index| 0x9e37_79b9 ^ index as u32);
    for round in 0..rounds.wrapping_mul(64) {
        let [a, b, c, d, e, f, g, h] = words;
        let choice = (e & f) ^ (!e & g);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let high = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let low = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let one = h
            .wrapping_add(high)
            .wrapping_add(choice)
            .wrapping_add(round);
        let two = low.wrapping_add(majority);
        words = [one.wrapping_add(two), a, b, c, d.wrapping_add(one), e, f, g];
    }
    words.iter().fold(0, |sum, word| {
        sum.wrapping_mul(31).wrapping_add(u64::from(*word))
    })
}

/// Sorts the same scrambled numbers again and again.
fn sort(rounds: u32) -> u64 {
    let mut sum = 0_u64;
    for round in 0..rounds {
        let mut state = round;
        let mut numbers: Vec<u32> = (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state
            })
            .collect();
        numbers.sort_unstable();
        sum = sum.wrapping_add(u64::from(std::hint::black_box(&numbers)[100]));
    }
    sum
}

#[inline(never)]
fn fibonacci(n: u32) -> u32 {
    if n < 2 {
        n
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}
