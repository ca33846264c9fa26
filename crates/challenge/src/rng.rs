//! Randomness as an input, and the few shapes of it that the domain draws.
//!
//! The server passes the operating system's generator; tests pass a seeded one, which makes
//! whole conversations repeatable.

/// A cryptographically secure source of random bytes.
pub trait Rng: Send + Sync + 'static {
    /// Fills the whole buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// `N` random bytes.
pub fn bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut buffer = [0; N];
    rng.fill(&mut buffer);
    buffer
}

/// A number below `bound` without bias (values past the last whole multiple are drawn again).
///
/// A bound of 0 or 1 gives 0.
pub fn below(rng: &dyn Rng, bound: u64) -> u64 {
    if bound <= 1 {
        return 0;
    }
    let limit = u64::MAX - u64::MAX % bound;
    loop {
        let drawn = u64::from_be_bytes(bytes(rng));
        if drawn < limit {
            return drawn % bound;
        }
    }
}

/// `length` random characters out of `alphabet`.
pub fn text(rng: &dyn Rng, alphabet: &[u8], length: usize) -> String {
    let bound = u64::try_from(alphabet.len()).unwrap_or(u64::MAX);
    (0..length)
        .filter_map(|_| {
            let drawn = usize::try_from(below(rng, bound)).ok()?;
            alphabet.get(drawn).map(|&character| char::from(character))
        })
        .collect()
}

/// A counting generator for tests alone: repeatable, and predictable for anyone.
#[derive(Debug, Default)]
pub struct DangerCountingRng(std::sync::atomic::AtomicU64);

impl Rng for DangerCountingRng {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let step = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            // SplitMix64: spreads a counter over all bits, so that ids do not look alike.
            let mut mixed = step.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            let drawn = mixed.to_be_bytes();
            for (place, byte) in chunk.iter_mut().zip(drawn) {
                *place = byte;
            }
        }
    }
}
