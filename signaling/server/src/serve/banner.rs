//! What a node prints when it is up: addresses, certificate, and once the first administrator's password.

use super::listen::Listeners;
use crate::http::App;
use crate::store::Place;
use crate::tls::{CertificateOrigin, Tls, own_names};
use anyhow::{Context, Result};
use signaling_protocol::IssuedSecret;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Addresses shown at most: a machine with hundreds of interfaces is known by its name.
const SHOWN_MAX: usize = 8;

/// Prints it to standard output. The password is nowhere else.
pub(super) fn print(app: &App, listeners: &Listeners, tls: &Tls, first: Option<&IssuedSecret>) -> Result<()> {
    let text = text(app, listeners, tls, first).context("cannot write the start message")?;
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the start message")
}

fn text(
    app: &App,
    listeners: &Listeners,
    tls: &Tls,
    first: Option<&IssuedSecret>,
) -> Result<String, std::fmt::Error> {
    let rule = "-".repeat(72);
    let mut out = String::new();
    writeln!(out, "{rule}\nGiao Ban is running.\n")?;
    if let Some(public) = &app.config.http.public_address {
        writeln!(out, "  address:           {public}")?;
    }
    for address in shown("https", &listeners.secure) {
        writeln!(out, "  address:           {address}")?;
    }
    for address in shown("http", &listeners.plain) {
        writeln!(out, "  this machine only: {address}")?;
    }
    if let Some(media) = &app.media {
        let mut ports: Vec<u16> = media.addresses().iter().map(SocketAddr::port).collect();
        ports.sort_unstable();
        ports.dedup();
        let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        writeln!(out, "  media:             UDP {ports}")?;
    }
    writeln!(out, "  data:              {}", app.config.store.path.display())?;
    if let place @ Place::Server(_) = app.store.place() {
        writeln!(out, "  database:          {place}")?;
    }
    if tls.origin == CertificateOrigin::SelfMade && !listeners.secure.is_empty() {
        writeln!(out, "\nThe certificate is self-made; browsers warn until it is trusted. Its SHA-256:")?;
        writeln!(out, "  {}", tls.fingerprint)?;
    }
    if let Some(first) = first {
        writeln!(out, "\nFirst start. Sign in once with this and choose a password of your own:")?;
        writeln!(out, "  name:              {}", first.login)?;
        writeln!(out, "  one-time password: {}", first.secret)?;
    }
    writeln!(out, "{rule}")?;
    Ok(out)
}

fn shown(scheme: &str, listened: &[SocketAddr]) -> Vec<String> {
    let own = own_names();
    let mut shown = Vec::new();
    for address in listened {
        let port = address.port();
        if !address.ip().is_unspecified() {
            shown.push(format!("{scheme}://{address}"));
            continue;
        }
        for name in &own {
            match name.parse::<IpAddr>() {
                Ok(ip) if ip.is_ipv4() != address.is_ipv4() || ip.is_loopback() => {}
                Ok(ip) => shown.push(format!("{scheme}://{}", SocketAddr::new(ip, port))),
                // Names hold for both families; once is enough.
                Err(_) if address.is_ipv4() => shown.push(format!("{scheme}://{name}:{port}")),
                Err(_) => {}
            }
        }
    }
    shown.dedup();
    shown.truncate(SHOWN_MAX);
    shown
}
