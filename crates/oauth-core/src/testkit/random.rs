//! Chance that is the same on every run.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;

use crate::ports::Random;

/// Bytes that look random, are the same on every run, and are never drawn twice: SHA-256 over a seed and a counter. Two
/// instances of a server under test need different seeds, or they make the same ids and tokens.
#[derive(Debug, Default)]
pub struct ScriptedRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl ScriptedRandom {
    /// The sequence of this seed, from its beginning.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Random for ScriptedRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            let counter = self.drawn.fetch_add(1, Ordering::Relaxed);
            let block = digest::digest(&digest::SHA256, &[self.seed.to_be_bytes(), counter.to_be_bytes()].concat());
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn draws_are_the_same_on_every_run_and_never_repeat() {
        let (one, again, other) = (ScriptedRandom::seeded(1), ScriptedRandom::seeded(1), ScriptedRandom::seeded(2));
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let [first, second, third] =
                [&one, &again, &other].map(|random| <dyn Random>::bytes::<16>(random as &dyn Random));
            assert_eq!(first, second);
            assert!(seen.insert(first) && seen.insert(third));
        }
    }

    #[test]
    fn a_long_draw_does_not_repeat_itself() {
        let mut bytes = [0; 80];
        ScriptedRandom::default().fill(&mut bytes);
        assert_ne!(bytes[..32], bytes[32..64]);
        assert_ne!(bytes[64..], [0; 16]);
    }
}
