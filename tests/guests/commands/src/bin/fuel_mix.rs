//! Computes, allocates and prints for as many rounds as its argument says.

fn main() {
    let mut sum = 0_u64;
    for round in 0..commands::number(1, u64::MAX) {
        let numbers: Vec<u64> = (0..1_000).map(|number| number * round).collect();
        sum = numbers
            .iter()
            .fold(sum, |sum, number| sum.wrapping_mul(31) ^ number);
    }
    println!("{sum:x}");
}
