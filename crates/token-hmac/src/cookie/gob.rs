//! As much of Go's gob as a cookie needs: one map from anything to anything that happens to hold strings.
//!
//! Two messages, each behind its length: the definition of the map's type, whose number a Go process hands out as it
//! goes (from 64 on), and the map. Whole numbers are one byte below 128; otherwise a byte that counts the bytes that
//! follow, as a negative number, and these, the highest first. Numbers with a sign are doubled, and complemented when
//! they were negative.

/// The first number of a type of one's own. Hydra's processes write it, for the map is the first type they use.
const FIRST_TYPE: i64 = 64;
/// The number of the built-in type of strings.
const STRING: i64 = 6;

/// In the definition, before the type's number: this is a map; the first field of what all types have; its second field.
const MAP_OPENS: [u8; 3] = [0x04, 0x01, 0x02];
/// After the number: keys and values are interfaces (built-in type 8).
const OF_INTERFACES: [u8; 7] = [0x00, 0x01, 0x10, 0x01, 0x10, 0x00, 0x00];
/// What stands before a value that is no struct.
const PLAIN_VALUE: [u8; 1] = [0x00];

/// The gob of a map with one pair.
pub(super) fn of_pair(key: &str, value: &str) -> Vec<u8> {
    let mut definition = Writer::default();
    definition.signed(-FIRST_TYPE);
    definition.bytes(&MAP_OPENS);
    definition.signed(FIRST_TYPE);
    definition.bytes(&OF_INTERFACES);

    let mut map = Writer::default();
    map.signed(FIRST_TYPE);
    map.bytes(&PLAIN_VALUE);
    map.unsigned(1);
    map.interface(key);
    map.interface(value);

    let mut gob = Writer::default();
    gob.counted(&definition.0);
    gob.counted(&map.0);
    gob.0
}

/// The value of `key` in the gob of a map whose keys and values are all strings.
pub(super) fn value_of<'g>(gob: &'g [u8], key: &str) -> Option<&'g str> {
    let mut gob = Reader(gob);
    let mut definition = Reader(gob.counted()?);
    let mut map = Reader(gob.counted()?);
    gob.end()?;

    let type_number = definition.signed()?.checked_neg()?;
    if type_number < FIRST_TYPE {
        return None;
    }
    definition.expect(&MAP_OPENS)?;
    definition.expect_signed(type_number)?;
    definition.expect(&OF_INTERFACES)?;
    definition.end()?;

    map.expect_signed(type_number)?;
    map.expect(&PLAIN_VALUE)?;
    let mut found = None;
    // A count that lies ends with the bytes.
    for _ in 0..map.unsigned()? {
        let (name, value) = (map.interface()?, map.interface()?);
        if name == key {
            found = Some(value);
        }
    }
    map.end()?;
    found
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn unsigned(&mut self, number: u64) {
        let bytes = number.to_be_bytes();
        let significant = &bytes[number.leading_zeros() as usize / 8..];
        match significant {
            [] => self.bytes(&[0]),
            [byte] if *byte < 0x80 => self.bytes(&[*byte]),
            _ => {
                self.bytes(&[(significant.len() as u8).wrapping_neg()]);
                self.bytes(significant);
            }
        }
    }

    fn signed(&mut self, number: i64) {
        self.unsigned(((number << 1) ^ (number >> 63)) as u64);
    }

    fn counted(&mut self, bytes: &[u8]) {
        self.unsigned(bytes.len() as u64);
        self.bytes(bytes);
    }

    /// A string as a value of any type: the name of its type, the number of its type, and the value behind its length.
    fn interface(&mut self, text: &str) {
        let mut value = Self::default();
        value.bytes(&PLAIN_VALUE);
        value.counted(text.as_bytes());
        self.counted(b"string");
        self.signed(STRING);
        self.counted(&value.0);
    }
}

/// The bytes that are still to be read.
struct Reader<'g>(&'g [u8]);

impl<'g> Reader<'g> {
    fn take(&mut self, count: usize) -> Option<&'g [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn expect(&mut self, bytes: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(bytes)?;
        Some(())
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        match self.take(1)? {
            [byte] if *byte < 0x80 => Some(u64::from(*byte)),
            [count] => {
                let bytes = self.take(usize::from(count.wrapping_neg()))?;
                (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            _ => None,
        }
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn expect_signed(&mut self, number: i64) -> Option<()> {
        (self.signed()? == number).then_some(())
    }

    fn counted(&mut self) -> Option<&'g [u8]> {
        let count = self.unsigned()?;
        self.take(usize::try_from(count).ok()?)
    }

    fn interface(&mut self) -> Option<&'g str> {
        if self.counted()? != b"string" {
            return None;
        }
        self.expect_signed(STRING)?;
        let mut value = Reader(self.counted()?);
        value.expect(&PLAIN_VALUE)?;
        let text = value.counted()?;
        value.end()?;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &[u8] = b"\x0d\x7f\x04\x01\x02\xff\x80\x00\x01\x10\x01\x10\x00\x00\x04\xff\x80\x00\x00";
    const NO_SESSION: &[u8] = b"\x0d\x7f\x04\x01\x02\xff\x80\x00\x01\x10\x01\x10\x00\x00\x1d\xff\x80\x00\x01\
        \x06string\x0c\x05\x00\x03sid\x06string\x0c\x02\x00\x00";
    /// What a process writes for which the map is the second type.
    const SECOND_TYPE: &[u8] = b"\x0e\xff\x81\x04\x01\x02\xff\x82\x00\x01\x10\x01\x10\x00\x00\x27\xff\x82\x00\x01\
        \x06string\x0c\x0a\x00\x08authuser\x06string\x0c\x07\x00\x05reese";
    const TWO_PAIRS: &[u8] = b"\x0d\x7f\x04\x01\x02\xff\x80\x00\x01\x10\x01\x10\x00\x00\x34\xff\x80\x00\x02\
        \x06string\x0c\x03\x00\x01a\x06string\x0c\x03\x00\x01b\x06string\x0c\x03\x00\x01c\x06string\x0c\x03\x00\x01d";

    #[test]
    fn what_go_wrote_is_read() {
        assert_eq!(value_of(EMPTY, "sid"), None);
        assert_eq!(value_of(NO_SESSION, "sid"), Some(""));
        assert_eq!(value_of(NO_SESSION, "csrf"), None);
        assert_eq!(value_of(SECOND_TYPE, "authuser"), Some("reese"));
        assert_eq!(value_of(TWO_PAIRS, "a"), Some("b"));
        assert_eq!(value_of(TWO_PAIRS, "c"), Some("d"));
    }

    #[test]
    fn what_is_written_is_what_go_writes() {
        assert_eq!(of_pair("sid", ""), NO_SESSION);
    }

    #[test]
    fn a_gob_of_anything_else_is_refused() {
        let changed = |from: &[u8], to: &[u8]| {
            let at = NO_SESSION.windows(from.len()).position(|window| window == from).expect("it is in there");
            [&NO_SESSION[..at], to, &NO_SESSION[at + from.len()..]].concat()
        };
        for (why, gob) in [
            ("a type below the first", changed(b"\x0d\x7f", b"\x0d\x7d")),
            ("the definition is of another type", changed(b"\xff\x80\x00\x01\x10", b"\xff\x82\x00\x01\x10")),
            ("the map is of another type", changed(b"\x1d\xff\x80", b"\x1d\xff\x82")),
            ("no map", changed(b"\x04\x01\x02", b"\x03\x01\x02")),
            ("of strings", changed(b"\x10\x01\x10", b"\x0c\x01\x0c")),
            ("one pair too many", changed(b"\x80\x00\x01\x06", b"\x80\x00\x02\x06")),
            ("pairs beyond count", changed(b"\x80\x00\x01\x06", b"\x80\x00\x7f\x06")),
            ("another type of key", changed(b"\x06string\x0c\x05", b"\x06stringy\x05")),
            ("a number as the value", changed(b"\x0c\x02\x00\x00", b"\x04\x02\x00\x00")),
            ("a length beyond the end", changed(b"\x03sid", b"\x7fsid")),
            ("a length of nine bytes", changed(b"\x05\x00\x03sid", b"\xf7\x00\x03sid")),
            ("something after the end", [NO_SESSION, b"\x00"].concat()),
            ("the definition alone", NO_SESSION[..14].to_vec()),
        ] {
            assert_eq!(value_of(&gob, "sid"), None, "{why}");
        }
    }

    proptest! {
        #[test]
        fn a_written_pair_is_read_again(key: String, value in ".{0,400}") {
            let gob = of_pair(&key, &value);
            prop_assert_eq!(value_of(&gob, &key), Some(value.as_str()));
        }

        #[test]
        fn whole_numbers_are_read_as_written(number: u64, sign: i64) {
            let mut writer = Writer::default();
            writer.unsigned(number);
            writer.signed(sign);
            let mut reader = Reader(&writer.0);
            prop_assert_eq!(reader.unsigned(), Some(number));
            prop_assert_eq!(reader.signed(), Some(sign));
            prop_assert_eq!(reader.end(), Some(()));
        }

        #[test]
        fn no_bytes_make_reading_panic(gob: Vec<u8>) {
            prop_assert_eq!(value_of(&gob, "sid"), None);
        }

        #[test]
        fn no_change_makes_reading_panic(changes in proptest::collection::vec((0..TWO_PAIRS.len(), any::<u8>()), 1..4)) {
            let mut gob = TWO_PAIRS.to_vec();
            for (at, byte) in changes {
                gob[at] = byte;
            }
            let _ = value_of(&gob, "a");
        }
    }
}
