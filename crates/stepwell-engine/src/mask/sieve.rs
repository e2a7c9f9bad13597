//! Finds the places of a text where a secret may begin, fast and without missing one.
//!
//! Hardly any text has a secret in it, so the speed of masking is the speed of seeing that. A sieve
//! knows the *windows*, the first bytes of all forms, and the *grams*, the groups of bytes in a
//! window. If windows have `n` bytes and grams have `w`, then of each `n - w + 1` places in a row
//! only one has to be looked at: wherever a form stands, the gram at one such place is in its window.
//! Only where that is a known gram are the windows around it looked at.
//!
//! Both are kept in filters of one bit for each hash, so that they fit the first-level cache and the
//! time for a place has a bound, whatever the secrets are. Forms are sorted into three sieves by length, so that a short
//! secret does not slow down the search for the long ones.

/// Words of a filter: 32 KiB.
const WORDS: usize = 1 << 12;

/// Places that are looked at between two branches.
const GROUP: usize = 8;

/// A set of values of which it may seem that others are in it.
struct Filter(Box<[u64; WORDS]>);

impl Filter {
    fn add<const WIDTH: usize>(&mut self, value: u64) {
        let (word, bit) = place::<WIDTH>(value);
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    #[inline]
    fn holds<const WIDTH: usize>(&self, value: u64) -> bool {
        let (word, bit) = place::<WIDTH>(value);
        self.0.get(word).is_some_and(|word| word >> bit & 1 == 1)
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

/// The word of a filter and the bit in it that stand for a value of `WIDTH` bytes.
#[inline]
fn place<const WIDTH: usize>(value: u64) -> (usize, u64) {
    if WIDTH == 2 {
        // All that there are have a bit of their own.
        return ((value >> 6) as usize % WORDS, value & 63);
    }
    let hash = value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((hash >> 52) as usize % WORDS, hash >> 46 & 63)
}

/// The first `WIDTH` bytes, of which there are enough, as a number.
#[inline]
fn value<const WIDTH: usize>(bytes: &[u8]) -> u64 {
    // Each as one load: as a loop over bytes, this is what the time of a search goes into.
    let value = match WIDTH {
        2 => bytes
            .first_chunk()
            .map(|pair| u64::from(u16::from_le_bytes(*pair))),
        4 => bytes
            .first_chunk()
            .map(|four| u64::from(u32::from_le_bytes(*four))),
        _ => bytes.first_chunk().map(|eight| u64::from_le_bytes(*eight)),
    };
    value.unwrap_or_default()
}

/// For forms of at least `WINDOW` bytes, with grams of `GRAM` bytes at every `STRIDE`-th place.
struct Sieve<const WINDOW: usize, const GRAM: usize, const STRIDE: usize> {
    filters: Option<Filters>,
}

#[derive(Default)]
struct Filters {
    grams: Filter,
    windows: Filter,
}

/// What a sieve knows of the text that comes.
#[derive(Clone, Copy, Debug)]
enum Ahead {
    Unknown,
    /// No form begins before this place, but probably there.
    Hit(usize),
    /// No form begins before this place, and too little of the text follows to tell more.
    Clear(usize),
}

impl<const WINDOW: usize, const GRAM: usize, const STRIDE: usize> Sieve<WINDOW, GRAM, STRIDE> {
    const fn new() -> Self {
        const {
            assert!(WINDOW == GRAM + STRIDE - 1);
            assert!(matches!((WINDOW, GRAM), (2 | 4 | 8, 2 | 4)));
        };
        Self { filters: None }
    }

    fn add(&mut self, form: &[u8]) {
        let filters = self.filters.get_or_insert_default();
        let window = form.get(..WINDOW).unwrap_or_default();
        filters.windows.add::<WINDOW>(value::<WINDOW>(window));
        for gram in window.windows(GRAM) {
            filters.grams.add::<GRAM>(value::<GRAM>(gram));
        }
    }

    /// Looks at `bytes` from `at`, before which no form begins.
    fn search(&self, bytes: &[u8], mut at: usize) -> Ahead {
        let Some(Filters { grams, windows }) = &self.filters else {
            return Ahead::Clear(bytes.len());
        };
        // The windows that hold the gram are those that no gram before it has ruled out.
        while let Some(gram) = Self::find(grams, bytes, at + STRIDE - 1) {
            for start in gram + 1 - STRIDE..=gram {
                let Some(window) = bytes.get(start..start + WINDOW) else {
                    return Ahead::Clear(start);
                };
                if windows.holds::<WINDOW>(value::<WINDOW>(window)) {
                    return Ahead::Hit(start);
                }
            }
            at = gram + 1;
        }
        let undecided = bytes.len().saturating_sub(WINDOW - 1);
        Ahead::Clear(at.max(undecided))
    }

    /// The first known gram at `at` or a whole number of strides later.
    fn find(grams: &Filter, bytes: &[u8], mut at: usize) -> Option<usize> {
        while let Some(group) = bytes.get(at..at + (GROUP - 1) * STRIDE + GRAM) {
            let mut hits = 0_u32;
            for index in 0..GROUP {
                let gram = group.get(index * STRIDE..).unwrap_or_default();
                hits |= u32::from(grams.holds::<GRAM>(value::<GRAM>(gram))) << index;
            }
            if hits != 0 {
                return Some(at + hits.trailing_zeros() as usize * STRIDE);
            }
            at += GROUP * STRIDE;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let index = rest
            .windows(GRAM)
            .step_by(STRIDE)
            .position(|gram| grams.holds::<GRAM>(value::<GRAM>(gram)))?;
        Some(at + index * STRIDE)
    }

    /// Brings `ahead` up to date for a search from `at`.
    fn advance(&self, ahead: &mut Ahead, bytes: &[u8], at: usize) {
        let known = match *ahead {
            Ahead::Unknown => false,
            Ahead::Hit(start) => start >= at,
            Ahead::Clear(_) => true,
        };
        if !known {
            *ahead = self.search(bytes, at);
        }
    }
}

/// The sieves for all forms.
pub(super) struct Sieves {
    pairs: Sieve<2, 2, 1>,
    short: Sieve<4, 2, 3>,
    long: Sieve<8, 4, 5>,
}

impl Default for Sieves {
    fn default() -> Self {
        Self {
            pairs: Sieve::new(),
            short: Sieve::new(),
            long: Sieve::new(),
        }
    }
}

/// What the sieves know of one text.
pub(super) struct Search([Ahead; 3]);

impl Default for Search {
    fn default() -> Self {
        Self([Ahead::Unknown; 3])
    }
}

impl Sieves {
    /// Searches for `form`, of at least two bytes, too.
    pub(super) fn add(&mut self, form: &[u8]) {
        match form.len() {
            8.. => self.long.add(form),
            4..8 => self.short.add(form),
            _ => self.pairs.add(form),
        }
    }

    /// Gives a place from `at` before which no form begins, and the next one, if any, where one
    /// probably does. All calls with one `search` have the same `bytes` and rising places.
    pub(super) fn next(
        &self,
        search: &mut Search,
        bytes: &[u8],
        at: usize,
    ) -> (usize, Option<usize>) {
        let Search([pairs, short, long]) = search;
        self.pairs.advance(pairs, bytes, at);
        self.short.advance(short, bytes, at);
        self.long.advance(long, bytes, at);
        let (mut clear, mut hit) = (bytes.len(), None);
        for ahead in &search.0 {
            match *ahead {
                Ahead::Unknown => {}
                Ahead::Clear(start) => clear = clear.min(start),
                Ahead::Hit(start) => hit = Some(hit.map_or(start, |hit| start.min(hit))),
            }
        }
        (hit.map_or(clear, |hit| clear.min(hit)).max(at), hit)
    }
}
