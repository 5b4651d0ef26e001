//! The ciphers of the three profiles over one packet each.

use super::{Profile, SrtpError};
use crate::rtp::Ssrc;
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

/// Bytes of a truncated HMAC-SHA1.
const MAC_BYTES: usize = 10;

/// AES in counter mode.
pub(super) struct CounterMode(EncryptingKey);

impl CounterMode {
    /// Of 16 or 32 bytes.
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
        let key = UnboundCipherKey::new(algorithm, key).ok()?;
        EncryptingKey::ctr(key).ok().map(Self)
    }

    /// Adds the keystream that starts at a counter.
    pub(super) fn apply(&self, counter: [u8; 16], bytes: &mut [u8]) -> Option<()> {
        let context = EncryptionContext::Iv128(FixedLength::from(counter));
        self.0.less_safe_encrypt(bytes, context).ok().map(|_| ())
    }
}

/// A cipher with its session keys.
#[expect(clippy::large_enum_variant, reason = "a box would be one more cache line for every packet")]
pub(super) enum Cipher {
    /// RFC 7714.
    Gcm { key: LessSafeKey, salt: [u8; 12] },
    /// RFC 3711.
    Counter { key: CounterMode, salt: [u8; 14], mac: hmac::Key },
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cipher").finish_non_exhaustive()
    }
}

impl Cipher {
    /// Takes session keys.
    pub(super) fn new(profile: Profile, key: &[u8], salt: &[u8], mac: &[u8]) -> Option<Self> {
        let algorithm = match profile {
            Profile::AeadAes128Gcm => &AES_128_GCM,
            Profile::AeadAes256Gcm => &AES_256_GCM,
            Profile::Aes128CmSha1_80 => {
                return Some(Self::Counter {
                    key: CounterMode::new(key)?,
                    salt: salt.try_into().ok()?,
                    mac: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, mac),
                });
            }
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
        Some(Self::Gcm { key, salt: salt.try_into().ok()? })
    }

    /// Bytes a seal adds.
    pub(super) fn tag_bytes(&self) -> usize {
        match self {
            Self::Gcm { .. } => Profile::AeadAes128Gcm.tag_bytes(),
            Self::Counter { .. } => Profile::Aes128CmSha1_80.tag_bytes(),
        }
    }

    /// Seals what lies behind `start` of a buffer: a header of `header` bytes, then a payload. The tag is added.
    pub(super) fn seal_media(
        &self,
        buffer: &mut Vec<u8>,
        (start, header): (usize, usize),
        (ssrc, index): (Ssrc, u64),
    ) -> Option<()> {
        let packet = buffer.get_mut(start..)?;
        match self {
            Self::Gcm { key, salt } => {
                let (header, payload) = packet.split_at_mut_checked(header)?;
                let nonce = nonce(*salt, ssrc, index);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*header), payload).ok()?;
                buffer.extend_from_slice(tag.as_ref());
            }
            Self::Counter { key, salt, mac } => {
                key.apply(counter(*salt, ssrc, index), packet.get_mut(header..)?)?;
                let tag = authenticate(mac, packet, &rollover(index));
                buffer.extend_from_slice(tag.as_ref().get(..MAC_BYTES)?);
            }
        }
        Some(())
    }

    /// Opens a media packet; gives where its payload ends.
    pub(super) fn open_media(
        &self,
        packet: &mut [u8],
        header: usize,
        (ssrc, index): (Ssrc, u64),
    ) -> Result<usize, SrtpError> {
        let end = packet.len().checked_sub(self.tag_bytes()).filter(|end| *end >= header);
        let end = end.ok_or(SrtpError::Malformed)?;
        match self {
            Self::Gcm { key, salt } => {
                let (header, sealed) = packet.split_at_mut_checked(header).ok_or(SrtpError::Malformed)?;
                key.open_in_place(nonce(*salt, ssrc, index), Aad::from(&*header), sealed)
                    .map_err(|_| SrtpError::Authentication)?;
            }
            Self::Counter { key, salt, mac } => {
                let (sealed, tag) = packet.split_at_mut_checked(end).ok_or(SrtpError::Malformed)?;
                verify(mac, sealed, &rollover(index), tag)?;
                let payload = sealed.get_mut(header..).ok_or(SrtpError::Malformed)?;
                key.apply(counter(*salt, ssrc, index), payload).ok_or(SrtpError::Malformed)?;
            }
        }
        Ok(end)
    }

    /// Seals a compound report behind `start` of a buffer: eight bytes stay readable. Tag and index are added.
    pub(super) fn seal_reports(
        &self,
        buffer: &mut Vec<u8>,
        start: usize,
        (ssrc, index): (Ssrc, u32),
    ) -> Option<()> {
        let trailer = (index | ENCRYPTED).to_be_bytes();
        let packet = buffer.get_mut(start..)?;
        let (header, body) = packet.split_at_mut_checked(REPORT_HEADER_BYTES)?;
        match self {
            Self::Gcm { key, salt } => {
                let aad = report_aad(header, trailer)?;
                let tag =
                    key.seal_in_place_separate_tag(nonce(*salt, ssrc, index.into()), Aad::from(aad), body);
                buffer.extend_from_slice(tag.ok()?.as_ref());
                buffer.extend_from_slice(&trailer);
            }
            Self::Counter { key, salt, mac } => {
                key.apply(counter(*salt, ssrc, index.into()), body)?;
                buffer.extend_from_slice(&trailer);
                let tag = authenticate(mac, buffer.get(start..)?, &[]);
                buffer.extend_from_slice(tag.as_ref().get(..MAC_BYTES)?);
            }
        }
        Some(())
    }

    /// The index of a sealed compound report. One that is only authenticated has none for us: nobody we negotiate with
    /// sends such.
    pub(super) fn report_index(&self, packet: &[u8]) -> Option<u32> {
        let behind = match self {
            Self::Gcm { .. } => 0,
            Self::Counter { .. } => MAC_BYTES,
        };
        let index = packet.get(..packet.len().checked_sub(behind)?)?.last_chunk::<4>()?;
        u32::from_be_bytes(*index).checked_sub(ENCRYPTED)
    }

    /// Opens a compound report; gives where its plain bytes end.
    pub(super) fn open_reports(
        &self,
        packet: &mut [u8],
        (ssrc, index): (Ssrc, u32),
    ) -> Result<usize, SrtpError> {
        let trailer = (index | ENCRYPTED).to_be_bytes();
        match self {
            Self::Gcm { key, salt } => {
                let sealed_end = packet.len().checked_sub(4).ok_or(SrtpError::Malformed)?;
                let end = sealed_end.checked_sub(self.tag_bytes()).ok_or(SrtpError::Malformed)?;
                let sealed = packet.get_mut(..sealed_end).ok_or(SrtpError::Malformed)?;
                let (header, body) =
                    sealed.split_at_mut_checked(REPORT_HEADER_BYTES).ok_or(SrtpError::Malformed)?;
                let aad = report_aad(header, trailer).ok_or(SrtpError::Malformed)?;
                key.open_in_place(nonce(*salt, ssrc, index.into()), Aad::from(aad), body)
                    .map_err(|_| SrtpError::Authentication)?;
                Ok(end)
            }
            Self::Counter { key, salt, mac } => {
                let tag_at = packet.len().checked_sub(MAC_BYTES).ok_or(SrtpError::Malformed)?;
                let (sealed, tag) = packet.split_at_mut_checked(tag_at).ok_or(SrtpError::Malformed)?;
                verify(mac, sealed, &[], tag)?;
                let end = tag_at.checked_sub(4).ok_or(SrtpError::Malformed)?;
                if sealed.get(end..) != Some(&trailer) {
                    return Err(SrtpError::Malformed);
                }
                let body = sealed.get_mut(REPORT_HEADER_BYTES..end).ok_or(SrtpError::Malformed)?;
                key.apply(counter(*salt, ssrc, index.into()), body).ok_or(SrtpError::Malformed)?;
                Ok(end)
            }
        }
    }
}

/// What of a compound report stays readable: its first header and its sender (RFC 3711 section 3.4).
pub(super) const REPORT_HEADER_BYTES: usize = 8;
/// The E bit before an SRTCP index.
const ENCRYPTED: u32 = 1 << 31;

/// RFC 7714 sections 8.1 and 9.1: two zero bytes, stream, index of 48 bits, all under the salt.
fn nonce(salt: [u8; 12], ssrc: Ssrc, index: u64) -> Nonce {
    let number = u128::from(ssrc.get()) << 48 | u128::from(index & 0xFFFF_FFFF_FFFF);
    let mut bytes = [0; 12];
    let [_, _, _, _, value @ ..] = number.to_be_bytes();
    for ((place, value), salt) in bytes.iter_mut().zip(value).zip(salt) {
        *place = value ^ salt;
    }
    Nonce::assume_unique_for_key(bytes)
}

/// RFC 3711 section 4.1.1: salt · 2^16 xor stream · 2^64 xor index · 2^16.
fn counter(salt: [u8; 14], ssrc: Ssrc, index: u64) -> [u8; 16] {
    let mut padded = [0; 16];
    for (place, salt) in padded.iter_mut().zip(salt) {
        *place = salt;
    }
    let number = u128::from(ssrc.get()) << 64 | u128::from(index & 0xFFFF_FFFF_FFFF) << 16;
    (u128::from_be_bytes(padded) ^ number).to_be_bytes()
}

/// What is authenticated behind a media packet: how often its number has rolled over.
fn rollover(index: u64) -> [u8; 4] {
    let [_, _, roc @ .., _, _] = index.to_be_bytes();
    roc
}

fn authenticate(mac: &hmac::Key, packet: &[u8], suffix: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(mac);
    context.update(packet);
    context.update(suffix);
    context.sign()
}

fn verify(mac: &hmac::Key, packet: &[u8], suffix: &[u8], tag: &[u8]) -> Result<(), SrtpError> {
    let expected = authenticate(mac, packet, suffix);
    let expected = expected.as_ref().get(..MAC_BYTES).ok_or(SrtpError::Authentication)?;
    aws_lc_rs::constant_time::verify_slices_are_equal(expected, tag).map_err(|_| SrtpError::Authentication)
}

fn report_aad(header: &[u8], trailer: [u8; 4]) -> Option<[u8; 12]> {
    let header: [u8; REPORT_HEADER_BYTES] = header.try_into().ok()?;
    let mut aad = [0; 12];
    for (place, byte) in aad.iter_mut().zip(header.into_iter().chain(trailer)) {
        *place = byte;
    }
    Some(aad)
}
