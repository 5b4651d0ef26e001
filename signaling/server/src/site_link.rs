//! The link by which a meeting room signs in, and its QR code.

use qrcode::QrCode;
use qrcode::render::svg;
use signaling_protocol::UnitCode;

/// Smallest side of the picture, in its own units.
const QR_SIDE: u32 = 240;

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
    fn a_link_keeps_the_secret_behind_the_hash() {
        let unit = UnitCode::parse("X0101").unwrap();
        let link = link("https://hop.example.vn:8443", &unit, "AAAAA-BBBBB");
        assert_eq!(link, "https://hop.example.vn:8443/#site=X0101&secret=AAAAA-BBBBB");
        assert!(qr_svg(&link).unwrap().contains("<svg"));
        assert_eq!(qr_svg(&"x".repeat(10_000)), None);
    }
}
