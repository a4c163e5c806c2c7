//! perform authorization-code: the command, a browser, and a server that plays the authorization server.

mod answers;
mod consent;
mod flow;
mod login;
mod pages;
mod start;
mod story;
