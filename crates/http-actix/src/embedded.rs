//! Without a DSN, `--dev` uses a database of its own: a SQLite file in the working folder, and beside it a system secret that
//! only its owner can read, so that tokens outlive a restart.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use oauth_core::ports::Random;

/// File name of the database.
const DATABASE: &str = "hydra-dev.sqlite";
/// File name of the secret.
const SECRET: &str = "hydra-dev.secret";

/// Path of the database, absolute, so that log and error lines can be followed.
pub(crate) fn database() -> io::Result<PathBuf> {
    Ok(std::env::current_dir()?.join(DATABASE))
}

/// The secret beside the database, made when it is not there. Of several processes that start at once, one makes it and the
/// others read it.
pub(crate) fn system_secret(database: &Path, random: &dyn Random) -> io::Result<String> {
    let path = database.with_file_name(SECRET);
    if let Some(secret) = read(&path)? {
        return Ok(secret);
    }
    let bytes: [u8; 32] = random.bytes();
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let unfinished = database.with_file_name(format!("{SECRET}.{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    // A link fails when the name is taken: a secret once used is never overwritten.
    let linked = fs::hard_link(&unfinished, &path);
    fs::remove_file(&unfinished)?;
    match linked {
        Ok(()) => log::info!("made a system secret for this database: {}", path.display()),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
        Err(why) => return Err(why),
    }
    read(&path)?.ok_or_else(|| io::Error::other(format!("{} vanished", path.display())))
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let mut file = match fs::File::open(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        log::warn!("others can read the system secret: run `chmod 600 {}`", path.display());
    }
    let mut secret = String::new();
    file.read_to_string(&mut secret)?;
    let secret = secret.trim().to_owned();
    if secret.len() < 16 {
        return Err(io::Error::other(format!("{} holds no secret of 16 characters or more", path.display())));
    }
    Ok(Some(secret))
}
