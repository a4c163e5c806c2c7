//! Storage over SQLite, PostgreSQL and MySQL/MariaDB.

pub mod columns;
pub mod connection;
mod dsn;
