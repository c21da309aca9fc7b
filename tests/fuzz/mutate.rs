//! Mutations of texts by their tokens and of bytes by their lengths and counts.

/// A small generator: splitmix64 from a seed and the number of the input.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, index: u64) -> Self {
        let mut random =
            Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_mul(0xd1b5_4a32_d192_ed03));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where there is none.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() % n as u64) as usize }
    }

    /// True once in `n`.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    /// Once or twice, seldom often.
    fn often(&mut self) -> usize {
        match self.below(1000) {
            0 => 1 + self.below(40_000),
            1..20 => 1 + self.below(300),
            _ => 1 + self.below(4),
        }
    }
}

/// What has broken parsers before.
const TOKENS: [&str; 76] = [
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e-9",
    "1e3",
    "65536",
    "1e9",
    "1e15",
    "1e308",
    "1e-320",
    "1e999",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775808",
    "99999999999999999999999999999999999999999",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "NA",
    "null",
    "true",
    "0x10",
    "1_000",
    "1,5",
    "1.2.3",
    "+",
    "-",
    "*",
    "/",
    "^",
    "(",
    ")",
    ",",
    "=",
    ":",
    ";",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "]]",
    "\"",
    "'",
    "\"\"\"",
    "#",
    "\n",
    "\r\n",
    "\t",
    " ",
    "..",
    "\u{feff}",
    "\u{0}",
    "é",
    "∞",
    "𝛾",
    "\\",
    "\\u0000",
    "index",
    "weights",
    "count",
    "p",
    "snr",
    "x0",
    "sigma",
    "bpsk",
    "gaussian",
    "base",
    "inf,inf",
    "kind",
    "over",
    "control",
];

/// Runs of letters and digits, and everything else one by one.
fn tokens(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut in_word) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        if at > start && !(is_word && in_word) {
            found.push(&text[start..at]);
            start = at;
        }
        in_word = is_word;
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

/// A text made of `text` and now and then of `other`.
pub fn text(random: &mut Random, text: &str, other: &str) -> Vec<u8> {
    let mut parts: Vec<String> = tokens(text).into_iter().map(str::to_owned).collect();
    let strange: Vec<&str> = tokens(other);
    for _ in 0..1 + random.below(3) {
        let at = random.below(parts.len() + 1);
        let end = (at + 1 + random.below(4)).min(parts.len());
        let at = at.min(end);
        let token = match random.below(4) {
            0 if !strange.is_empty() => random.pick(&strange).to_owned(),
            1 => format!("{:e}", f64::from_bits(random.next())),
            _ => random.pick(&TOKENS).to_owned(),
        };
        match random.below(10) {
            0..3 if at < parts.len() => parts[at] = token,
            3 | 4 => parts.insert(at, token),
            5 => drop(parts.drain(at..end)),
            6 => {
                let many = parts[at..end].concat().repeat(random.often());
                parts.insert(at, many);
            }
            7 => {
                let many = random.often();
                let [open, close] =
                    [["(", ")"], ["[", "]"], ["{", "}"], ["-", ""], ["a:base=(", ")"]][random.below(5)];
                parts.insert(at, open.repeat(many));
                parts.insert(random.below(parts.len() - at) + at + 1, close.repeat(many));
            }
            8 if !strange.is_empty() => {
                parts.truncate(at);
                parts.extend(strange[random.below(strange.len())..].iter().map(|&part| part.to_owned()));
            }
            _ => {
                let second = random.below(parts.len().max(1));
                if at < parts.len() {
                    parts.swap(at, second);
                }
            }
        }
    }
    let mut bytes = parts.concat().into_bytes();
    if random.once_in(20) && !bytes.is_empty() {
        let at = random.below(bytes.len());
        bytes[at] = random.next() as u8;
    }
    bytes
}

/// Bytes made of `bytes` and now and then of `other`; half of the changes are near an end, where
/// headers and footers are.
pub fn bytes(random: &mut Random, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(3) {
        let length = bytes.len().max(1);
        let at = match random.below(4) {
            0 => random.below(length.min(128)),
            1 => length - 1 - random.below(length.min(900)),
            _ => random.below(length),
        };
        let end = (at + 1 + random.below(16)).min(bytes.len());
        let at = at.min(end);
        let extreme =
            [0, 1, u64::MAX, u64::MAX >> 1, 1 << 31, (1 << 31) - 1, 1 << 63, 1 << 40, 0x7f7f_7f7f_7f7f_7f7f]
                [random.below(9)]
            .to_le_bytes();
        match random.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => {
                bytes[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff, random.next() as u8][random.below(7)]
            }
            2 if at < bytes.len() => {
                bytes[at] = bytes[at].wrapping_add(random.below(33) as u8).wrapping_sub(16)
            }
            3 => {
                let width = [1, 2, 4, 8][random.below(4)].min(bytes.len() - at);
                bytes[at..at + width].copy_from_slice(&extreme[..width]);
            }
            4 => drop(bytes.drain(at..end)),
            5 => {
                let copy = bytes[at..end].repeat(1 + random.below(20));
                bytes.splice(at..at, copy);
            }
            6 if random.once_in(4) => bytes.truncate(at),
            7 if random.once_in(4) => {
                bytes.truncate(at);
                bytes.extend_from_slice(&other[random.below(other.len())..]);
            }
            // A long number as Thrift and Protocol Buffers write it.
            _ => {
                drop(bytes.splice(at..at, [0xff, 0xff, 0xff, 0xff, 0x7f].into_iter().skip(random.below(5))))
            }
        }
    }
    bytes
}
