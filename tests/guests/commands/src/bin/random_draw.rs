//! Draws from every source of random bytes that there is, and from a map's order.

use std::collections::HashMap;
use wasip2::random::{insecure, insecure_seed, random};

fn main() {
    println!("{:x}", random::get_random_u64());
    println!("{:x?}", random::get_random_bytes(8));
    println!("{:x}", insecure::get_insecure_random_u64());
    println!("{:x?}", insecure::get_insecure_random_bytes(8));
    println!("{:x?}", insecure_seed::insecure_seed());
    let map: HashMap<u32, u32> = (0..16).map(|number| (number, number)).collect();
    println!("{:?}", map.keys().collect::<Vec<_>>());
}
