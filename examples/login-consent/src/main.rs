//! A login, consent and logout application, as small as it can be and still right: a model to copy.
//!
//! The server sends a browser here with a challenge in the address. The page asks the server's admin API what the challenge is
//! about (`hydra`), asks the person, tells the admin API the answer, and sends the browser where that says. Nothing is kept in
//! between. What is yours to write is `users` and the looks of `page`.

mod consent;
mod hydra;
mod login;
mod logout;
mod page;
mod users;

use std::{env, io};

use actix_web::{
    App, HttpServer,
    web::{self, Data},
};

use hydra::Hydra;
use reqwest::Url;

#[actix_web::main]
async fn main() -> io::Result<()> {
    let wrong = |name| io::Error::other(format!("{name} is not what it must be; the README has an example"));
    let admin: Url =
        setting("HYDRA_ADMIN_URL", "http://localhost:4445").parse().map_err(|_| wrong("HYDRA_ADMIN_URL"))?;
    let port: u16 = setting("PORT", "3000").parse().map_err(|_| wrong("PORT"))?;
    let hydra = Data::new(Hydra::at(admin.clone()));
    println!("the pages are at http://localhost:{port}/, the admin API is expected at {admin}");
    HttpServer::new(move || {
        App::new()
            .app_data(hydra.clone())
            .route("/login", web::get().to(login::ask))
            .route("/login", web::post().to(login::decide))
            .route("/consent", web::get().to(consent::ask))
            .route("/consent", web::post().to(consent::decide))
            .route("/logout", web::get().to(logout::ask))
            .route("/logout", web::post().to(logout::decide))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

/// A setting, from the environment.
#[expect(clippy::disallowed_methods, reason = "the server's own crates must not, this program may")]
fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
