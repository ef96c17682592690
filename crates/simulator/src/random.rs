//! The one source of randomness: ids, and the dice of the faults. The same seed and the same place in the order of calls give
//! the same values. Imports nothing.

use sha2::{Digest, Sha256};

/// A stream of values that a seed and a label determine.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    key: [u8; 32],
    block: u64,
    buffer: Vec<u8>,
}

const HEX: &[u8] = b"0123456789abcdef";
const BASE_32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LOWER_ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER_ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Random {
    /// The stream of a seed for one purpose: `call/17`, `faults`.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(seed.to_be_bytes());
        digest.update(purpose.as_bytes());
        Self { key: digest.finalize().into(), block: 0, buffer: Vec::new() }
    }

    fn byte(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.buffer.pop() {
                return byte;
            }
            let mut digest = Sha256::new();
            digest.update(self.key);
            digest.update(self.block.to_be_bytes());
            self.buffer = digest.finalize().to_vec();
            self.block += 1;
        }
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| (number << 8) | u64::from(self.byte()))
    }

    /// A number from 0 up to 1, without 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        // 53 bits are what an f64 holds exactly.
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction()
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| {
                let place = usize::try_from(self.number()).unwrap_or(0) % alphabet.len();
                alphabet.get(place).copied().map_or('0', char::from)
            })
            .collect()
    }

    /// Lower-case hexadecimal digits: the tail of `vpc-0…`.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.text(HEX, length)
    }

    /// Upper-case letters and 2 to 7: the tail of `AROA…`.
    pub(crate) fn base32(&mut self, length: usize) -> String {
        self.text(BASE_32, length)
    }

    /// Letters of both cases and digits.
    pub(crate) fn alphanumeric(&mut self, length: usize) -> String {
        self.text(ALPHANUMERIC, length)
    }

    /// Lower-case letters and digits.
    pub(crate) fn lower_alphanumeric(&mut self, length: usize) -> String {
        self.text(LOWER_ALPHANUMERIC, length)
    }

    /// Upper-case letters and digits: a Bedrock id.
    pub(crate) fn upper_alphanumeric(&mut self, length: usize) -> String {
        self.text(UPPER_ALPHANUMERIC, length)
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let variant = self.text(b"89ab", 1);
        format!("{}-{}-4{}-{variant}{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_purpose_determine_the_values() {
        let ids = |seed, purpose| Random::new(seed, purpose).uuid();
        assert_eq!(ids(1, "call/1"), ids(1, "call/1"));
        assert_ne!(ids(1, "call/1"), ids(2, "call/1"));
        assert_ne!(ids(1, "call/1"), ids(1, "call/2"));
    }

    #[test]
    fn fractions_spread_over_their_range() {
        let mut random = Random::new(7, "fractions");
        let mean = (0..1000).map(|_| random.fraction()).sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
