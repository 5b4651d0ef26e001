//! Known answers: RFC 3711 appendix B, RFC 7714 sections 16 and 17.

use crate::rtp::Ssrc;
use crate::srtp::Profile;
use crate::srtp::cipher::{Cipher, CounterMode};
use crate::srtp::derive::{Label, Master};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn counter_mode_gives_the_keystream_of_rfc_3711_b_2() {
    let key = CounterMode::new(&hex("2B7E151628AED2A6ABF7158809CF4F3C")).unwrap();
    let mut keystream = [0; 48];
    let counter = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000").try_into().unwrap();
    key.apply(counter, &mut keystream).unwrap();
    let expected = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
                    41E95B3BB0A2E8DD477901E4FCA894C0";
    assert_eq!(keystream[..], hex(expected)[..]);
}

#[test]
fn session_keys_are_those_of_rfc_3711_b_3() {
    let (key, salt) = (hex("E1F97A0D3E018BE0D64FA32C06DE4139"), hex("0EC675AD498AFEEBB6960B3AABE6"));
    let master = Master { profile: Profile::Aes128CmSha1_80, key: &key, salt: &salt };
    let derived = |label, length| {
        let mut output = vec![0; length];
        master.derive(Label(label), &mut output).unwrap();
        output
    };
    assert_eq!(derived(0, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derived(2, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(derived(1, 20), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

const SALT: &str = "517569642070726f2071756f";
const KEY_128: &str = "000102030405060708090a0b0c0d0e0f";
const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const PACKET: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120
                      696e2070 61727465 73207472 6573";

fn media(profile: Profile, key: &str, sealed: &str) {
    let cipher = Cipher::new(profile, &hex(key), &hex(SALT), &[0; 20]).unwrap();
    let (ssrc, index) = (Ssrc::new(0x5501_A0B2), 0xF17B);
    let mut packet = hex(PACKET);
    cipher.seal_media(&mut packet, (0, 12), (ssrc, index)).unwrap();
    assert_eq!(packet, hex(sealed));
    let end = cipher.open_media(&mut packet, 12, (ssrc, index)).unwrap();
    assert_eq!(packet[..end], hex(PACKET)[..]);
}

#[test]
fn media_is_sealed_as_in_rfc_7714_16() {
    media(
        Profile::AeadAes128Gcm,
        KEY_128,
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
         36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
    );
    media(
        Profile::AeadAes256Gcm,
        KEY_256,
        "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f
         1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
    );
}

#[test]
fn reports_are_sealed_as_in_rfc_7714_17() {
    let plain = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
                 deadbeef deadbeef deadbeef";
    let sealed = "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
                  4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4";
    let cipher = Cipher::new(Profile::AeadAes128Gcm, &hex(KEY_128), &hex(SALT), &[0; 20]).unwrap();
    let name = (Ssrc::new(0x4D61_7273), 0x5D4);
    let mut packet = hex(plain);
    cipher.seal_reports(&mut packet, 0, name).unwrap();
    assert_eq!(packet, hex(sealed));
    assert_eq!(cipher.report_index(&packet), Some(0x5D4));
    let end = cipher.open_reports(&mut packet, name).unwrap();
    assert_eq!(packet[..end], hex(plain)[..]);
}
