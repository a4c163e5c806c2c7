//! Two thousand requests that are almost right: none may be answered as our own failure, the server must live on, and no
//! secret may be in its log.

use crate::support::{
    http::Request,
    log,
    mutations::{SYMMETRIC_KEY, send_almost_right_requests},
    server::{SYSTEM_SECRET, Server, secret_of},
};

#[test]
fn almost_right_requests_are_never_our_failure_and_leave_no_secret_in_the_log() {
    let server = Server::start(&[("SERVE_PUBLIC_CORS_ENABLED", "true")]).with_quick_keys();
    server.register_machine("mutant");
    let rotated = server.admin.send(Request::post("/admin/clients/mutant/secrets/rotate")).expect(200).json();
    let token = server.token("mutant");
    send_almost_right_requests(&server, &token, 2000);
    let said = log::said();
    assert!(said.contains("refused with 400"), "the log is kept");
    let new_secret = rotated["client_secret"].as_str().expect("the new secret is shown");
    for secret in [SYSTEM_SECRET, &secret_of("mutant"), new_secret, &token, SYMMETRIC_KEY] {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "a secret is in the log");
    }
}
