//! Opening the user's browser with the program that the desktop has for it.

use std::process::{Command, Stdio};

use url::Url;

use crate::output::remark;

#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(not(target_os = "macos"))]
const OPENER: &str = "xdg-open";

/// Opens a page. Without a desktop this fails, and the user is told to do it.
pub(super) fn open(page: &Url) {
    let started = Command::new(OPENER)
        .arg(page.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        // It may wait for the browser to be closed, so it is waited for aside.
        Ok(mut child) => drop(std::thread::spawn(move || match child.wait() {
            Ok(status) if !status.success() => failed(&format!("{OPENER} ended with {status}")),
            _ => {}
        })),
        Err(error) => failed(&format!("{OPENER}: {error}")),
    }
}

fn failed(why: &str) {
    remark(format_args!("No browser could be opened ({why}): open the URL yourself, and pass --no-open next time."));
}
