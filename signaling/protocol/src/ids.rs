//! Opaque ids and times. Ids are strings on the wire and branded in TypeScript; nobody computes with them.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// Longest id accepted, bytes. Unit codes are the longest, and national codes have 5 digits.
const ID_MAX_BYTES: usize = 64;

/// Why a string is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to {ID_MAX_BYTES} letters, digits, '-', '_' or '.'")]
pub struct IdError;

fn checked(text: String) -> Result<String, IdError> {
    let fits = !text.is_empty() && text.len() <= ID_MAX_BYTES;
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits && plain { Ok(text) } else { Err(IdError) }
}

/// Makes a string id: checked on entry, branded in TypeScript.
macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident, $brand:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
        #[serde(try_from = "String", into = "String")]
        #[ts(type = $brand)]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps an id.
            ///
            /// # Errors
            /// [`IdError`] if it is empty, too long or has other characters than `[A-Za-z0-9._-]`.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
                checked(text.into()).map(Self)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                checked(text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

string_id! {
    /// One meeting.
    MeetingId, "string & { readonly __id: \"Meeting\" }"
}
string_id! {
    /// One seat of a meeting: a site or a person, whatever connection it is heard by today.
    SeatId, "string & { readonly __id: \"Seat\" }"
}
string_id! {
    /// A unit's official code. Unique in the whole tree.
    UnitCode, "string & { readonly __id: \"Unit\" }"
}
string_id! {
    /// A tier's code, as the unit file names it.
    TierCode, "string & { readonly __id: \"Tier\" }"
}
string_id! {
    /// An account: a person or a site.
    AccountId, "string & { readonly __id: \"Account\" }"
}
string_id! {
    /// A node's name.
    NodeName, "string & { readonly __id: \"Node\" }"
}
string_id! {
    /// An m-line's mid.
    Mid, "string & { readonly __id: \"Mid\" }"
}

/// Makes a secret: like an id, but it can be neither printed nor logged.
macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $brand:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
        #[serde(try_from = "String", into = "String")]
        #[ts(type = $brand)]
        pub struct $name(String);

        impl $name {
            /// Wraps a secret of a plausible form.
            ///
            /// # Errors
            /// [`IdError`] if it is empty, longer than 512 bytes or not printable ASCII.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                let plausible = !text.is_empty() && text.len() <= 512 && text.bytes().all(|b| b.is_ascii_graphic());
                if plausible { Ok(Self(text)) } else { Err(IdError) }
            }

            /// The secret itself, for comparing and sending.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(secret: $name) -> Self {
                secret.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// Opens one WebSocket for one seat: valid once, for a minute.
    Ticket, "string & { readonly __secret: \"Ticket\" }"
}
secret! {
    /// Lets a client come back to its seat after its connection broke. Replaced at each use.
    ResumeToken, "string & { readonly __secret: \"Resume\" }"
}

/// Position of a fact in its meeting's log, from 1. 0 means "none seen".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct FactNumber(pub u32);

/// Number a client gives a request; grows by one per request within a seat's session and makes it idempotent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct RequestId(pub u32);

/// Wall time on the wire: whole seconds since 1970 UTC, good until 2106. Facts keep milliseconds in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct UtcSeconds(pub u32);
