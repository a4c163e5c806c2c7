//! Who may log in. Replace this by your own users, whose passwords are stored as slow hashes and whose guesses are counted.

use crate::setting;

/// A user.
pub(crate) struct User {
    /// What the server and the applications know the user by: never changed, and never given to somebody else. A row id is good, an
    /// e-mail address is not.
    pub(crate) subject: String,
}

/// The user with this name and password. Those of this example stand in `USERS`: `alice:wonderland,bob:builder`.
pub(crate) fn authenticate(name: &str, password: &str) -> Option<User> {
    let users = setting("USERS", "alice:wonderland");
    let known = users.split(',').filter_map(|pair| pair.split_once(':'));
    known.into_iter().find(|known| *known == (name, password)).map(|(name, _)| User { subject: format!("user-{name}") })
}
