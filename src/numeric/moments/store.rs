//! Moments as bytes.
//!
//! Little-endian, in this order: n (u64); the means (f64 each); the cross products in the order of
//! the pairs (f64 each); for every column the number of its largest values (u8) and these,
//! descending; and the same of its smallest, ascending. Where the samples are no more than
//! [`TAIL`], the largest are all of them, and the smallest are left out. The pairs are known to who
//! reads.

use std::sync::Arc;

use super::{Moments, Pairs, TAIL};

impl Moments {
    /// Adds the bytes to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let floats = |out: &mut Vec<u8>, values: &[f64]| {
            values.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
        };
        out.extend_from_slice(&self.n.to_le_bytes());
        floats(out, &self.mean);
        floats(out, &self.scatter);
        let both = self.n > TAIL as u64;
        for (largest, smallest) in self.largest.iter().zip(&self.smallest) {
            for side in [Some(largest), both.then_some(smallest)].into_iter().flatten() {
                out.push(side.len() as u8);
                floats(out, side);
            }
        }
    }

    /// The moments of `pairs` at the beginning of `bytes`, which then begin after them; `None`
    /// where they are none.
    pub fn read(bytes: &mut &[u8], pairs: &Arc<Pairs>) -> Option<Self> {
        let n = u64::from_le_bytes(take(bytes, 8)?.try_into().ok()?);
        let mean = floats(bytes, pairs.width())?;
        let scatter = floats(bytes, pairs.len())?;
        let (mut largest, mut smallest) = (Vec::new(), Vec::new());
        for _ in 0..pairs.width() {
            let mut side = || {
                let length = usize::from(take(bytes, 1)?[0]);
                (length <= TAIL).then(|| floats(bytes, length)).flatten()
            };
            largest.push(side()?);
            smallest.push(if n > TAIL as u64 {
                side()?
            } else {
                largest[largest.len() - 1].iter().rev().copied().collect()
            });
        }
        Some(Self { n, mean, pairs: Arc::clone(pairs), scatter, largest, smallest })
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn floats(bytes: &mut &[u8], length: usize) -> Option<Vec<f64>> {
    let taken = take(bytes, length.checked_mul(8)?)?;
    let (numbers, _) = taken.as_chunks::<8>();
    Some(numbers.iter().map(|&number| f64::from_le_bytes(number)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_back_to_the_bit() {
        let pairs = Arc::new(Pairs::within(3, [&[0, 2][..]]));
        for rows in [2, 64, 200] {
            let stream = crate::numeric::stream::Stream::named(5, "store test");
            let mut data = vec![0.0; 3 * rows];
            data.chunks_mut(3).enumerate().for_each(|(i, row)| {
                crate::numeric::normal::fill(&stream, i as u64, row);
            });
            let mut moments = Moments::of(Arc::clone(&pairs));
            data.chunks(3 * 64).for_each(|block| moments.add_block(block));
            let mut bytes = Vec::new();
            moments.write(&mut bytes);
            let mut rest = &bytes[..];
            assert_eq!(Moments::read(&mut rest, &pairs), Some(moments));
            assert!(rest.is_empty());
            assert_eq!(Moments::read(&mut &bytes[..bytes.len() - 1], &pairs), None);
        }
    }
}
