//! Chance that can be had again: numbers that follow from a salt.

use aws_lc_rs::digest::{SHA256, digest};

/// Numbers that follow from a salt and a step, and tell nothing of either.
pub(super) struct Stream {
    seed: [u8; 8],
    block: u32,
    left: Vec<u64>,
}

impl Stream {
    pub(super) fn of(salt: u32, step: usize) -> Self {
        let step = u32::try_from(step).unwrap_or(u32::MAX);
        let mut seed = [0; 8];
        let bytes = salt.to_be_bytes().into_iter().chain(step.to_be_bytes());
        for (place, byte) in seed.iter_mut().zip(bytes) {
            *place = byte;
        }
        Self {
            seed,
            block: 0,
            left: Vec::new(),
        }
    }

    /// A number below `bound` without bias; 0 where the bound is 0 or 1.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let wide = u64::try_from(bound).unwrap_or(u64::MAX);
        if wide <= 1 {
            return 0;
        }
        let limit = u64::MAX - u64::MAX % wide;
        loop {
            let drawn = self.next();
            if drawn < limit {
                return usize::try_from(drawn % wide).unwrap_or(0);
            }
        }
    }

    /// Puts things into another order; all orders are equally likely.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = self.below(last + 1);
            things.swap(last, other);
        }
    }

    fn next(&mut self) -> u64 {
        if let Some(number) = self.left.pop() {
            return number;
        }
        let mut text = b"countersign pick".to_vec();
        text.extend_from_slice(&self.seed);
        text.extend_from_slice(&self.block.to_be_bytes());
        self.block = self.block.wrapping_add(1);
        let hash = digest(&SHA256, &text);
        let (numbers, _) = hash.as_ref().as_chunks::<8>();
        self.left
            .extend(numbers.iter().map(|eight| u64::from_be_bytes(*eight)));
        self.left.pop().unwrap_or(0)
    }
}
