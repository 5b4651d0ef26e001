//! A socket address as the kernel writes it (`sockaddr_in`, `sockaddr_in6`), read and written as bytes: no cast of a
//! pointer decides what it is.

use std::{
    ffi::c_int,
    net::{Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
};

/// Bytes of an IPv4 address: family, port, address, eight of nothing.
const V4_BYTES: libc::socklen_t = 16;
/// Bytes of an IPv6 address: family, port, flow, address, scope.
const V6_BYTES: libc::socklen_t = 28;
/// How the kernel numbers the families.
const V4_FAMILY: u16 = 2;
const V6_FAMILY: u16 = 10;
const _: () = assert!(V4_FAMILY as c_int == libc::AF_INET && V6_FAMILY as c_int == libc::AF_INET6);
const _: () = assert!(size_of::<libc::sockaddr_in>() == V4_BYTES as usize);
const _: () = assert!(size_of::<libc::sockaddr_in6>() == V6_BYTES as usize);
const _: () = assert!(size_of::<RawAddress>() == V6_BYTES as usize);

/// An address of either family. All zeros are of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C, align(4))]
pub(super) struct RawAddress {
    family: [u8; 2],
    port: [u8; 2],
    /// The whole address of IPv4; the flow of IPv6.
    first: [u8; 4],
    v6: [u8; 16],
    scope: [u8; 4],
}

impl RawAddress {
    /// Room for either family.
    pub(super) const BYTES: libc::socklen_t = V6_BYTES;

    /// Itself and its size as the kernel wants to be told.
    pub(super) fn for_kernel(&self) -> (&Self, libc::socklen_t) {
        let v4 = u16::from_ne_bytes(self.family) == V4_FAMILY;
        (self, if v4 { V4_BYTES } else { V6_BYTES })
    }

    /// What it says, if it is of a family we know.
    pub(super) fn parse(&self) -> Option<SocketAddr> {
        let port = u16::from_be_bytes(self.port);
        match u16::from_ne_bytes(self.family) {
            V4_FAMILY => Some(SocketAddrV4::new(self.first.into(), port).into()),
            V6_FAMILY => {
                let (flow, scope) = (u32::from_ne_bytes(self.first), u32::from_ne_bytes(self.scope));
                Some(SocketAddrV6::new(Ipv6Addr::from(self.v6), port, flow, scope).into())
            }
            _ => None,
        }
    }
}

impl From<SocketAddr> for RawAddress {
    fn from(address: SocketAddr) -> Self {
        let port = address.port().to_be_bytes();
        match address {
            SocketAddr::V4(v4) => {
                let family = V4_FAMILY.to_ne_bytes();
                Self { family, port, first: v4.ip().octets(), ..Self::default() }
            }
            SocketAddr::V6(v6) => Self {
                family: V6_FAMILY.to_ne_bytes(),
                port,
                first: v6.flowinfo().to_ne_bytes(),
                v6: v6.ip().octets(),
                scope: v6.scope_id().to_ne_bytes(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_family_comes_back_as_it_was() {
        let v6 = SocketAddrV6::new("fe80::1:2".parse().unwrap(), 65_535, 7, 3);
        for address in ["192.0.2.1:40001".parse().unwrap(), "[::1]:1".parse().unwrap(), v6.into()] {
            assert_eq!(RawAddress::from(address).parse(), Some(address));
        }
        assert_eq!(RawAddress::default().parse(), None);
    }

    #[test]
    fn the_kernel_is_told_the_size_of_the_family() {
        let size = |text: &str| RawAddress::from(text.parse::<SocketAddr>().unwrap()).for_kernel().1;
        assert_eq!((size("192.0.2.1:1"), size("[::1]:1")), (16, 28));
    }
}
