//! What the HTTP door reads itself: bodies, headers, resume tokens, secrets of sites.

use super::{Seen, magnitude};
use signaling_core::UtcMillis;
use signaling_core::fuzzing::{read_token, token};
use signaling_protocol::ResumeToken;
use signaling_server::http::Scheme;
use signaling_server::http::fuzzing::{self, Body};
use signaling_server::identity::secret::hash_site_secret;

/// Pieces of bodies.
pub(super) const BODY_WORDS: &[&[u8]] = &[
    b"signIn\n",
    b"changePassword\n",
    b"createAccount\n",
    b"createMeeting\n",
    b"grants\n",
    b"\"kind\":\"person\"",
    b"\"kind\":\"site\"",
    b"\"password\":",
    b"null",
    b"[]",
    b"{}",
    b"\\ud800",
    b"1e400",
];

/// The body's kind is in the first line. What is read is written and read the same; of a body with secrets nothing is
/// quoted, whatever is wrong with it.
pub(super) fn body(input: &[u8]) -> Seen {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (name, json) = input.split_at(end);
    let (kind, secret) = match name {
        b"signIn" => (Body::SignIn, true),
        b"changePassword" => (Body::ChangePassword, true),
        b"createAccount" => (Body::CreateAccount, false),
        b"createMeeting" => (Body::CreateMeeting, false),
        _ => (Body::Grants, false),
    };
    match fuzzing::body(kind, json) {
        Ok(written) => {
            let again = fuzzing::body(kind, written.as_bytes());
            assert_eq!(again.as_ref(), Ok(&written));
            Seen::taken((kind, magnitude(written.len())))
        }
        Err(detail) => {
            assert!(!detail.is_empty(), "a refusal says why");
            if secret {
                let plain = "not the expected JSON at line column";
                let words = detail.split_whitespace().filter(|word| word.parse::<usize>().is_err());
                assert_eq!(words.collect::<Vec<_>>().join(" "), plain, "a body with secrets is quoted");
            }
            Seen::refused((kind, magnitude(detail.len())))
        }
    }
}

/// Header names that are looked at.
pub(super) const HEAD_WORDS: &[&[u8]] = &[
    b"cookie: ",
    b"__Host-giaoban=",
    b"giaoban=",
    b"; ",
    b"host: ",
    b"authorization: Bearer ",
    b"x-forwarded-for: ",
    b"x-forwarded-proto: https",
    b"[::1]:8443",
    b"192.0.2.7",
    b"\n",
];

/// Directives of the policy every answer carries.
const POLICY_DIRECTIVES: usize = 15;

/// Lines of a request's head. Nothing a client writes there can end a cookie, a policy or a line of ours, and a session
/// that is given out is found again.
pub(super) fn head(input: &[u8]) -> Seen {
    let pairs: Vec<(&[u8], &[u8])> = input.split(|byte| *byte == b'\n').filter_map(pair).collect();
    let head = fuzzing::head(&pairs);
    if let Some(token) = &head.session {
        assert!(!token.contains([';', '\r', '\n']), "{token:?}");
        for scheme in [Scheme::Https, Scheme::Plain] {
            let cookie = fuzzing::cookie(token, scheme).unwrap_or_default();
            let kept = cookie.split(|byte| *byte == b';').next().unwrap_or_default();
            let again = fuzzing::head(&[(b"cookie", kept)]);
            assert_eq!(again.session.as_deref().map(str::trim), Some(token.trim()));
        }
    }
    if let Some(host) = &head.host {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        assert!(!host.is_empty() && host.bytes().all(plain), "{host:?}");
    }
    assert_eq!(head.policy.split(';').count(), POLICY_DIRECTIVES, "{}", head.policy);
    assert!(head.policy.bytes().all(|byte| (0x20..0x7F).contains(&byte)), "{}", head.policy);
    let found = (head.session.is_some(), head.host.is_some(), head.bearer.is_some());
    let shape = (found, head.scheme == Scheme::Https, head.address.is_loopback());
    if found == (false, false, false) { Seen::refused(shape) } else { Seen::taken(shape) }
}

fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    Some((name.trim_ascii(), value.get(1..)?.trim_ascii()))
}

/// Pieces of claims.
pub(super) const TOKEN_WORDS: &[&[u8]] = &[
    b"\"m\":\"m1\"",
    b"\"s\":\"s1\"",
    b"\"f\":",
    b"\"n\":",
    b"\"e\":",
    b"18446744073709551615",
    b"-1",
    b".",
];

/// As it is, an input is no token. Signed as claims it may be one: then it is given out the same again, until it expires,
/// and no sign of it can be changed.
pub(super) fn resume_token(input: &[u8]) -> Seen {
    let now = UtcMillis(0);
    let unsigned = std::str::from_utf8(input).ok().and_then(|text| ResumeToken::parse(text).ok());
    if let Some(unsigned) = &unsigned {
        assert!(read_token(now, unsigned).is_none(), "a token that nobody signed");
    }
    let Some(signed) = token(input) else { return Seen::refused((unsigned.is_some(), 0)) };
    let Some(again) = read_token(now, &signed) else { return Seen::refused((unsigned.is_some(), 1)) };
    assert!(read_token(now, &again).as_ref() == Some(&again), "given out again it is another");
    assert!(read_token(UtcMillis(i64::MAX), &signed).is_none(), "it does not expire");
    let text = signed.expose();
    for (at, sign) in text.char_indices() {
        let other = if sign == 'A' { 'B' } else { 'A' };
        let changed = format!(
            "{}{other}{}",
            text.get(..at).unwrap_or_default(),
            text.get(at + 1..).unwrap_or_default()
        );
        let changed = ResumeToken::parse(changed).ok();
        assert!(
            changed.is_none_or(|changed| read_token(now, &changed).is_none()),
            "sign {at} makes no difference"
        );
    }
    Seen::taken(magnitude(text.len()))
}

/// A secret is the same however it is typed, and no other.
pub(super) fn site_secret(input: &[u8]) -> Seen {
    let Ok(typed) = std::str::from_utf8(input) else { return Seen::refused(0) };
    let Some(hash) = hash_site_secret(typed) else { return Seen::refused(magnitude(typed.len())) };
    for same in [typed.to_ascii_lowercase(), typed.to_ascii_uppercase(), typed.replace(['-', ' '], "")] {
        assert_eq!(hash_site_secret(&same), Some(hash), "{same:?}");
    }
    let plain = typed.replace('-', "").split_whitespace().collect::<String>();
    let mut shorter = plain.clone();
    shorter.pop();
    assert_eq!(hash_site_secret(&shorter), None, "{shorter:?}");
    assert_ne!(
        hash_site_secret(&format!("{shorter}{}", if plain.ends_with('7') { '8' } else { '7' })),
        Some(hash)
    );
    Seen::taken((magnitude(typed.len()), plain.is_ascii()))
}
