//! Random words that are a pure function of their address, never of what was drawn before.
//!
//! Philox4x32-10 (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1,
//! 2, 3", SC 2011). An address is (seed, lane, sample, block): the seed is the key, the rest the
//! 128-bit counter. So sample k of a lane is the same numbers on one thread, on sixty-four, in
//! another shard, or on a device.

use rand::rand_core::{Infallible, TryRng};

/// Words of one Philox block.
const BLOCK_WORDS: usize = 4;
/// Samples are addressed by 40 bits, lanes by 56: together with the block index they fill the
/// counter.
const SAMPLE_BITS: u32 = 40;

/// Philox4x32-10: 10 rounds of the bijection with the key schedule of the paper.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let low = 0xD251_1F53_u64 * u64::from(counter[0]);
        let high = 0xCD9E_8D57_u64 * u64::from(counter[2]);
        counter = [
            (high >> 32) as u32 ^ counter[1] ^ key[0],
            high as u32,
            (low >> 32) as u32 ^ counter[3] ^ key[1],
            low as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

/// A lane of random words: one independent sequence of blocks for each sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    seed: u64,
    lane: u64,
}

impl Stream {
    /// The lane named `what` under `seed`. The name is hashed (XXH3, 56 bits), so a lane depends on
    /// what is measured and never on the order of measuring. Two names that collide would share
    /// numbers (common random numbers), no more.
    pub fn named(seed: u64, what: &str) -> Self {
        Self { seed, lane: xxhash_rust::xxh3::xxh3_64(what.as_bytes()) >> 8 }
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The lane's number, 56 bits.
    pub fn lane(&self) -> u64 {
        self.lane
    }

    /// Four random words: block `block` of sample `sample` (< 2⁴⁰).
    #[inline]
    pub fn block(&self, sample: u64, block: u32) -> [u32; 4] {
        debug_assert!(sample >> SAMPLE_BITS == 0, "sample index beyond 2^40");
        let counter = [
            block,
            sample as u32,
            (sample >> 32) as u32 & 0xFF | (self.lane as u32) << 8,
            (self.lane >> 24) as u32,
        ];
        philox(counter, [self.seed as u32, (self.seed >> 32) as u32])
    }

    /// Two uniforms on (0, 1), 52 bits each: (k + ½)·2⁻⁵².
    #[inline]
    pub fn uniforms(&self, sample: u64, block: u32) -> [f64; 2] {
        let words = self.block(sample, block);
        [uniform(words[0], words[1]), uniform(words[2], words[3])]
    }

    /// [`Stream::uniforms`] of block `block` for N consecutive samples, lane by lane: loops that
    /// vector units run side by side.
    #[allow(clippy::needless_range_loop, reason = "a lane indexes every array: that is what vectorises")]
    #[inline(always)]
    pub fn uniforms_across<const N: usize>(&self, first: u64, block: u32) -> [[f64; N]; 2] {
        debug_assert!((first + N as u64) >> SAMPLE_BITS == 0, "sample index beyond 2^40");
        let (mut words, mut key) = ([[0_u64; N]; 4], [self.seed as u32, (self.seed >> 32) as u32]);
        for lane in 0..N {
            let sample = first + lane as u64;
            words[0][lane] = u64::from(block);
            words[1][lane] = sample & 0xFFFF_FFFF;
            words[2][lane] = (sample >> 32) & 0xFF | (self.lane << 8) & 0xFFFF_FF00;
            words[3][lane] = (self.lane >> 24) & 0xFFFF_FFFF;
        }
        for _ in 0..10 {
            for lane in 0..N {
                let low = 0xD251_1F53 * words[0][lane];
                let high = 0xCD9E_8D57 * words[2][lane];
                words[0][lane] = (high >> 32) ^ words[1][lane] ^ u64::from(key[0]);
                words[1][lane] = high & 0xFFFF_FFFF;
                words[2][lane] = (low >> 32) ^ words[3][lane] ^ u64::from(key[1]);
                words[3][lane] = low & 0xFFFF_FFFF;
            }
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        let (mut first, mut second) = ([0.0; N], [0.0; N]);
        for lane in 0..N {
            first[lane] = unit(words[1][lane] << 32 | words[0][lane]);
            second[lane] = unit(words[3][lane] << 32 | words[2][lane]);
        }
        [first, second]
    }

    /// The words of one sample as a sequential generator for code that speaks rand's traits.
    pub fn rng(&self, sample: u64) -> SampleRng {
        SampleRng { stream: *self, sample, block: 0, words: [0; BLOCK_WORDS], used: BLOCK_WORDS }
    }
}

/// Uniform on (0, 1) from 52 of the 64 bits of two words: (k + ½)·2⁻⁵², exact, never 0 or 1.
#[inline]
pub fn uniform(low: u32, high: u32) -> f64 {
    unit(u64::from(high) << 32 | u64::from(low))
}

/// The same from the two words as one. An integer k below 2⁵² or-ed into the mantissa of 2⁵² is
/// 2⁵² + k: exact, and unlike a conversion of integers the same few instructions on every vector
/// unit.
#[inline(always)]
fn unit(word: u64) -> f64 {
    const INTEGER: f64 = (1_u64 << 52) as f64;
    let k = f64::from_bits(INTEGER.to_bits() | word >> 12) - INTEGER;
    (k + 0.5) * (1.0 / INTEGER)
}

/// The words of one sample, one after the other, as a rand generator.
#[derive(Debug, Clone)]
pub struct SampleRng {
    stream: Stream,
    sample: u64,
    block: u32,
    words: [u32; BLOCK_WORDS],
    used: usize,
}

impl TryRng for SampleRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        if self.used == BLOCK_WORDS {
            self.words = self.stream.block(self.sample, self.block);
            self.block += 1;
            self.used = 0;
        }
        self.used += 1;
        Ok(self.words[self.used - 1])
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.try_next_u32()?);
        Ok(u64::from(self.try_next_u32()?) << 32 | low)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            let word = self.try_next_u32()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers published with Random123 (kat_vectors, philox4x32-10).
    #[test]
    fn philox_gives_the_published_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn the_generator_reads_the_blocks_in_order() {
        use rand::Rng;
        let stream = Stream::named(7, "test");
        let mut rng = stream.rng(3);
        let words: Vec<u32> = (0..8).map(|_| rng.next_u32()).collect();
        assert_eq!(words[..4], stream.block(3, 0));
        assert_eq!(words[4..], stream.block(3, 1));
    }

    #[test]
    fn uniforms_stay_inside_the_open_interval() {
        assert!(uniform(u32::MAX, u32::MAX) < 1.0 && uniform(0, 0) > 0.0);
    }

    #[test]
    fn lanes_samples_and_seeds_do_not_overlap() {
        let at = |seed, name, sample, block| Stream::named(seed, name).block(sample, block);
        let all = [
            at(0, "a", 0, 0),
            at(1, "a", 0, 0),
            at(0, "b", 0, 0),
            at(0, "a", 1, 0),
            at(0, "a", 1 << 39, 0),
            at(0, "a", 0, 1),
        ];
        for (i, x) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|y| x != y), "address {i} repeats an earlier one");
        }
    }
}
