//! The link by which a meeting room signs in, and its QR code.

use crate::config::Http;
use crate::tls;
use qrcode::QrCode;
use qrcode::render::svg;
use signaling_protocol::UnitCode;

/// How origins begin that mean this machine to every machine.
const LOOPBACK: [&str; 3] = ["//localhost", "//127.", "//[::1]"];

/// The port where no HTTPS address is configured: that of the reverse proxy's usual upstream.
const HTTPS_PORT: u16 = 8_443;

/// Smallest side of the picture, in its own units.
const QR_SIDE: u32 = 240;

/// Where a room's browser finds the node: the configured address, else the one a browser has used (unless that is
/// good on this machine only), else this machine's first own one.
pub fn base(http: &Http, used: Option<&str>) -> String {
    let elsewhere = |origin: &&str| !LOOPBACK.iter().any(|own| origin.contains(own));
    let known = http.public_address.as_deref().or(used.filter(elsewhere));
    known.map_or_else(
        || {
            let port = http.addresses.first().map_or(HTTPS_PORT, std::net::SocketAddr::port);
            let host = tls::own_names().into_iter().next().unwrap_or_else(|| "localhost".to_owned());
            format!("https://{host}:{port}")
        },
        str::to_owned,
    )
}

/// A link. Code and secret stand behind `#`: browsers never send that part to a server, so no log can hold it.
pub fn link(base: &str, unit: &UnitCode, secret: &str) -> String {
    format!("{base}/#site={unit}&secret={secret}")
}

/// A link as a QR code, an SVG document. `None` if it is too long for one.
pub fn qr_svg(link: &str) -> Option<String> {
    let code = QrCode::new(link.as_bytes()).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(QR_SIDE, QR_SIDE).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_alone_is_not_given_to_others() {
        let mut http = crate::config::Config::default().http;
        assert_eq!(base(&http, Some("https://hop.example.vn:8443")), "https://hop.example.vn:8443");
        for used in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert!(!base(&http, Some(used)).contains(":8080"), "{used}");
        }
        http.public_address = Some("https://a.example".to_owned());
        assert_eq!(base(&http, Some("https://b.example")), "https://a.example");
    }

    #[test]
    fn a_link_keeps_the_secret_behind_the_hash() {
        let unit = UnitCode::parse("X0101").unwrap();
        let link = link("https://hop.example.vn:8443", &unit, "AAAAA-BBBBB");
        assert_eq!(link, "https://hop.example.vn:8443/#site=X0101&secret=AAAAA-BBBBB");
        assert!(qr_svg(&link).unwrap().contains("<svg"));
        assert_eq!(qr_svg(&"x".repeat(10_000)), None);
    }
}
