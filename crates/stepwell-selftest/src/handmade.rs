//! Programs that no compiler would write, and the one that a compiler did.

/// Hand-written components, sorted by name.
static MADE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/handmade.rs"));

/// The hostile task.
static GUEST: Option<&[u8]> = include!(concat!(env!("OUT_DIR"), "/guest.rs"));

/// The hostile task, if this build carries it.
#[must_use]
pub fn guest() -> Option<&'static [u8]> {
    GUEST
}

/// The hand-written component of this name.
pub(crate) fn made(name: &str) -> Option<&'static [u8]> {
    let index = MADE.binary_search_by_key(&name, |(known, _)| known).ok()?;
    MADE.get(index).map(|(_, bytes)| *bytes)
}

/// Names of all hand-written components.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    MADE.iter().map(|(name, _)| *name)
}

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A component of 600 KB whose module has more functions than may be compiled.
pub(crate) fn many_functions() -> Vec<u8> {
    const COUNT: usize = 150_000;
    let mut module = MODULE.to_vec();
    // One type: no parameters, no results.
    section(&mut module, 1, &[1, 0x60, 0, 0]);
    let mut functions = number(COUNT);
    functions.resize(functions.len() + COUNT, 0);
    section(&mut module, 3, &functions);
    let mut bodies = number(COUNT);
    for _ in 0..COUNT {
        bodies.extend([2, 0, 0x0b]);
    }
    section(&mut module, 10, &bodies);
    let mut component = COMPONENT.to_vec();
    section(&mut component, 1, &module);
    component
}

/// A file that is larger than any component may be. Its pages are never written, so it costs no
/// memory.
pub(crate) fn large_file() -> Vec<u8> {
    let mut file = vec![0; 101 << 20];
    for (byte, first) in file.iter_mut().zip(COMPONENT) {
        *byte = *first;
    }
    file
}

/// What people and attackers upload instead of a component.
pub(crate) fn no_components() -> Vec<Vec<u8>> {
    let files: [&[u8]; 9] = [
        b"",
        b"\0asm",
        b"\x7fELF\x02\x01\x01\0",
        b"(component)",
        b"PK\x03\x04archive",
        b"\x1f\x8b\x08compressed",
        b"#!/bin/sh\nrm -rf /\n",
        b"<html>not found</html>",
        MODULE,
    ];
    files.map(<[u8]>::to_vec).to_vec()
}

/// A component cut off at every byte but the last.
pub(crate) fn truncated() -> Vec<Vec<u8>> {
    let whole = made("start-trap").unwrap_or_default();
    (0..whole.len())
        .filter_map(|end| whole.get(..end).map(<[u8]>::to_vec))
        .collect()
}

/// A component with one bit wrong, at many places.
pub(crate) fn damaged() -> Vec<Vec<u8>> {
    let whole = made("realloc-end").unwrap_or_default();
    let flip = |bit: usize| {
        let mut file = whole.to_vec();
        if let Some(byte) = file.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        file
    };
    // A step without a common divisor with eight reaches every bit of a byte.
    (0..whole.len() * 8).step_by(53).map(flip).collect()
}

fn section(to: &mut Vec<u8>, id: u8, contents: &[u8]) {
    to.push(id);
    to.extend(number(contents.len()));
    to.extend(contents);
}

/// In seven bits a byte, the lowest first.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}
