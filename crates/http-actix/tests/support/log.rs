//! What the server says to its log, kept for tests that look at it.

use std::sync::Mutex;

static LINES: Mutex<String> = Mutex::new(String::new());

struct Kept;

impl log::Log for Kept {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut lines = LINES.lock().expect("no test panics while it writes a line");
        lines.push_str(&format!("{} {}: {}\n", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Starts to keep the log: everything, also what libraries say among themselves.
pub(super) fn keep() {
    if log::set_boxed_logger(Box::new(Kept)).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}

/// All that was said so far, by every server of this process.
pub(crate) fn said() -> String {
    LINES.lock().expect("no test panics while it writes a line").clone()
}
