//! Flags that take several values: each occurrence is one CSV record, and occurrences add up.

/// What one occurrence of such a flag says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strings(pub(crate) Vec<String>);

impl Strings {
    /// All values of all occurrences.
    pub(crate) fn all(occurrences: &[Self]) -> Vec<String> {
        occurrences.iter().flat_map(|occurrence| occurrence.0.clone()).collect()
    }

    /// All values, separated by one space, as OAuth writes scopes and audiences.
    pub(crate) fn spaced(occurrences: &[Self]) -> String {
        Self::all(occurrences).join(" ")
    }
}

/// Values separated by commas; a value in double quotes may contain commas, and `""` there is one quote (RFC 4180 §2).
impl std::str::FromStr for Strings {
    type Err = String;

    fn from_str(record: &str) -> Result<Self, String> {
        if record.is_empty() {
            return Ok(Self::default());
        }
        let mut values = Vec::new();
        let mut rest = record;
        loop {
            let (value, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted_value(quoted)?,
                None => plain_value(rest)?,
            };
            values.push(value);
            match after {
                Some(after) => rest = after,
                None => return Ok(Self(values)),
            }
        }
    }
}

/// The value, and what follows its comma.
type Split<'a> = (String, Option<&'a str>);

fn plain_value(text: &str) -> Result<Split<'_>, String> {
    let (value, after) = text.split_once(',').map_or((text, None), |(value, after)| (value, Some(after)));
    if value.contains('"') {
        return Err("a double quote in the middle of a value; put the whole value in double quotes and double those \
                    inside, as in \"a \"\"b\"\", c\""
            .to_owned());
    }
    Ok((value.to_owned(), after))
}

fn quoted_value(mut text: &str) -> Result<Split<'_>, String> {
    let mut value = String::new();
    loop {
        let (part, after) = text.split_once('"').ok_or("a value starts with a double quote that is never closed")?;
        value.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                text = more;
            }
            None if after.is_empty() => return Ok((value, None)),
            None => {
                let after = after.strip_prefix(',').ok_or("a comma must follow the closing double quote of a value")?;
                return Ok((value, Some(after)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Strings;

    fn values(record: &str) -> Result<Vec<String>, String> {
        record.parse::<Strings>().map(|strings| strings.0)
    }

    #[test]
    fn commas_separate_values_and_quotes_protect_them() {
        for (record, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a,b", vec!["a", "b"]),
            (" a, b ", vec![" a", " b "]),
            ("a,,", vec!["a", "", ""]),
            (r#""a,b",c"#, vec!["a,b", "c"]),
            (r#""say ""hi""""#, vec![r#"say "hi""#]),
            (r#""""#, vec![""]),
        ] {
            assert_eq!(values(record), Ok(expected.into_iter().map(str::to_owned).collect()), "{record}");
        }
    }

    #[test]
    fn stray_quotes_are_refused() {
        for record in [r#"a"b"#, r#""a"#, r#""a"b"#, r#"x,""#] {
            assert!(values(record).is_err(), "{record}");
        }
    }
}
