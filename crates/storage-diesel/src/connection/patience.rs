//! Waiting for a database that is not there yet: the server may start before it.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::OpenError;

/// How long a database that is not there yet is waited for, and how often it is tried.
#[derive(Clone, Copy)]
struct Patience {
    in_all: Duration,
    first_pause: Duration,
    longest_pause: Duration,
}

const PATIENCE: Patience = Patience {
    in_all: Duration::from_secs(300),
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_secs(5),
};

/// Tries `open` again as long as waiting may cure what it reports, five minutes at most. Each time `tell` gets a line for the
/// operator.
///
/// # Errors
/// What waiting does not cure, at once; and in the end what did not pass.
pub fn patiently<T>(open: impl FnMut() -> Result<T, OpenError>, tell: impl FnMut(&str)) -> Result<T, OpenError> {
    try_again(PATIENCE, open, tell)
}

fn try_again<T>(
    patience: Patience,
    mut open: impl FnMut() -> Result<T, OpenError>,
    mut tell: impl FnMut(&str),
) -> Result<T, OpenError> {
    let begun = Instant::now();
    let mut pause = patience.first_pause;
    loop {
        let why = match open() {
            Err(OpenError::Transient(why)) => why,
            settled => return settled,
        };
        let left = patience.in_all.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(OpenError::Transient(format!("{why}; gave up after {} seconds", patience.in_all.as_secs())));
        }
        let (next, left_seconds) = (pause.as_secs_f32(), left.as_secs());
        tell(&format!(
            "the database cannot be reached yet: {why}; next try in {next:.1} s, for another {left_seconds} s"
        ));
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(patience.longest_pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Patience = Patience {
        in_all: Duration::from_millis(60),
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(4),
    };

    fn refused() -> Result<u32, OpenError> {
        Err(OpenError::Transient("connection refused".to_owned()))
    }

    #[test]
    fn what_waiting_may_cure_is_tried_again_with_a_line_for_each_try() {
        let (mut tries, mut lines) = (0, Vec::new());
        let open = || {
            tries += 1;
            if tries < 4 { refused() } else { Ok(tries) }
        };
        assert_eq!(try_again(PATIENCE, open, |line| lines.push(line.to_owned())), Ok(4));
        let pauses = ["next try in 0.1 s", "next try in 0.2 s", "next try in 0.4 s"];
        assert_eq!(lines.len(), pauses.len(), "{lines:?}");
        for (line, pause) in lines.iter().zip(pauses) {
            assert!(line.contains("connection refused") && line.contains(pause), "{line}");
        }
    }

    #[test]
    fn what_waiting_does_not_cure_is_told_at_once() {
        let mut tries = 0;
        let wrong: Result<u32, _> = patiently(
            || {
                tries += 1;
                Err(OpenError::Permanent("wrong password".to_owned()))
            },
            |line| panic!("{line}"),
        );
        assert_eq!((wrong, tries), (Err(OpenError::Permanent("wrong password".to_owned())), 1));
    }

    #[test]
    fn patience_ends_and_the_last_cause_is_told() {
        let begun = Instant::now();
        let mut lines = 0;
        let given_up = try_again(SHORT, refused, |_| lines += 1).expect_err("nobody ever answers");
        assert!(begun.elapsed() >= SHORT.in_all);
        assert!(lines > 5, "the pauses stay short: {lines} tries");
        assert!(given_up.to_string().starts_with("connection refused; gave up after"), "{given_up}");
    }
}
