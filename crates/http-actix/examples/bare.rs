//! The fastest answer that this HTTP stack gives on a machine: a handler that does nothing, set up as the server is. What
//! `scripts/bench` measures is held against it, because ratios travel between machines and rates do not.
//!
//! Listens on the port of 127.0.0.1 that the first argument names.

use std::io;

use actix_web::{App, HttpResponse, HttpServer, rt::System, web};

fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let Some(port): Option<u16> = port else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "say the port to listen on"));
    };
    System::new().block_on(async {
        HttpServer::new(|| App::new().route("/", web::get().to(HttpResponse::Ok)))
            .bind(("127.0.0.1", port))?
            .run()
            .await
    })
}
