//! SRTP and SRTCP: seals what goes to a client and opens what comes from it (RFC 3711, RFC 7714). Packets are changed
//! where they lie; nothing is allocated once a stream is known.

mod cipher;
mod derive;
mod receiver;
mod replay;
mod sender;

pub(crate) use receiver::SrtpReceiver;
pub(crate) use sender::SrtpSender;

use crate::peer::Exported;
use cipher::Cipher;
use derive::Master;

/// Why a packet could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SrtpError {
    /// It is too short for its protection, or its header lies.
    #[error("the packet is cut or its header lies")]
    Malformed,
    /// It was not sealed with this session's keys, or was changed on its way.
    #[error("the packet is not authentic")]
    Authentication,
    /// The client sends on more streams than any has.
    #[error("the client sends on too many streams")]
    TooManyStreams,
    /// It was opened before, or is too old to tell.
    #[error("the packet is a repetition")]
    Replayed,
}

/// How packets are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// AES_128 counter mode with HMAC-SHA1 and an 80-bit tag (RFC 3711).
    Aes128CmSha1_80,
    /// RFC 7714.
    AeadAes128Gcm,
    /// RFC 7714.
    AeadAes256Gcm,
}

impl Profile {
    /// Bytes of a master key.
    const fn key_bytes(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 | Self::AeadAes128Gcm => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of a master salt.
    const fn salt_bytes(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 => 14,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
        }
    }

    /// Bytes a seal adds to a packet.
    const fn tag_bytes(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 => 10,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
        }
    }
}

/// Whose packets keys are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Ours,
    Theirs,
}

/// The keys for one side's packets out of what a handshake exported (RFC 5764 section 4.2); none when the profile is
/// not one of ours or bytes are missing.
fn ciphers(exported: &Exported, side: Side) -> Option<(Cipher, Cipher)> {
    let profile = profile_of(exported)?;
    let material: &[u8] = &exported.material;
    let (key, salt) = (profile.key_bytes(), profile.salt_bytes());
    // The client of the handshake comes first.
    let client = (side == Side::Ours) == exported.active;
    let (key_at, salt_at) = if client { (0, 2 * key) } else { (key, 2 * key + salt) };
    let master = Master {
        profile,
        key: material.get(key_at..key_at + key)?,
        salt: material.get(salt_at..salt_at + salt)?,
    };
    Some((master.media()?, master.reports()?))
}

fn profile_of(exported: &Exported) -> Option<Profile> {
    use dimpl::SrtpProfile as Negotiated;
    match exported.profile {
        Negotiated::AES128_CM_SHA1_80 => Some(Profile::Aes128CmSha1_80),
        Negotiated::AEAD_AES_128_GCM => Some(Profile::AeadAes128Gcm),
        Negotiated::AEAD_AES_256_GCM => Some(Profile::AeadAes256Gcm),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
