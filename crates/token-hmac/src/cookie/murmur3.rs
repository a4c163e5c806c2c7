//! The number in the names of CSRF cookies.

/// MurmurHash3, the variant for x86 with 32 bits, seed 0.
///
/// Of the bytes of a client id it gives the number in the names of that client's CSRF cookies. It spreads names, it
/// protects nothing.
pub fn murmur3_32(bytes: &[u8]) -> u32 {
    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut hash = blocks.iter().fold(0_u32, |hash, block| {
        (hash ^ scrambled(u32::from_le_bytes(*block))).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
    });
    hash ^= scrambled(tail.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)));
    // The variant counts bytes in 32 bits.
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

fn scrambled(word: u32) -> u32 {
    word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_published_values_for_every_length_of_the_tail() {
        for (text, hash) in [
            ("", 0),
            ("test", 0xba6b_d213),
            ("Hello, world!", 0xc036_3e43),
            ("The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
            ("a", 0x3c25_69b2),
            ("my-app", 0x3e6f_c767),
            ("abc", 0xb3dd_93fa),
        ] {
            assert_eq!(murmur3_32(text.as_bytes()), hash, "{text}");
        }
    }
}
