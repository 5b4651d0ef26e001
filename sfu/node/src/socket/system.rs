//! The three system calls of a media socket, for which there is no safe wrapper that allocates nothing per call.
//! Miri does not know these calls, so the reasons are written out. They are one: every pointer the kernel is handed is
//! taken here, from something borrowed until after the call, together with its size.
#![expect(unsafe_code, reason = "batched UDP needs recvmmsg, sendmmsg and setsockopt")]

use super::{
    BATCH_MESSAGES,
    address::RawAddress,
    control::{ReceiveControl, SendControl},
};
use std::{
    ffi::{c_int, c_void},
    io, mem,
    mem::MaybeUninit,
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
};

/// One message to send.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOut<'a> {
    /// Where to.
    pub(super) address: RawAddress,
    /// How it is cut, if it is.
    pub(super) control: Option<SendControl>,
    /// Its bytes.
    pub(super) contents: &'a [u8],
}

/// One received message but for its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MessageIn {
    /// Who sent it.
    pub(super) address: RawAddress,
    /// What accompanies it.
    pub(super) control: ReceiveControl,
    /// How many bytes it has.
    pub(super) length: usize,
}

/// Headers and vectors on the stack: nothing is kept from one call to the next, so nothing can point to what is gone.
type Uninitialised<T> = [MaybeUninit<T>; BATCH_MESSAGES];

/// Sends messages, at most [`BATCH_MESSAGES`]; tells how many the kernel took. An error concerns the first one.
pub(super) fn send(socket: BorrowedFd<'_>, messages: &[MessageOut<'_>]) -> io::Result<usize> {
    let mut vectors: Uninitialised<libc::iovec> = [const { MaybeUninit::uninit() }; BATCH_MESSAGES];
    let mut headers: Uninitialised<libc::mmsghdr> = [const { MaybeUninit::uninit() }; BATCH_MESSAGES];
    let mut count = 0;
    for ((message, vector), header) in messages.iter().zip(&mut vectors).zip(&mut headers) {
        let (address, address_bytes) = message.address.for_kernel();
        let vector = vector.write(libc::iovec {
            iov_base: message.contents.as_ptr().cast_mut().cast(),
            iov_len: message.contents.len(),
        });
        let mut filled = empty_header();
        filled.msg_name = ptr::from_ref(address).cast_mut().cast();
        filled.msg_namelen = address_bytes;
        filled.msg_iov = ptr::from_mut(vector);
        filled.msg_iovlen = 1;
        if let Some(control) = &message.control {
            filled.msg_control = ptr::from_ref(control).cast_mut().cast();
            filled.msg_controllen = size_of::<SendControl>();
        }
        header.write(libc::mmsghdr { msg_hdr: filled, msg_len: 0 });
        count += 1;
    }
    // SAFETY: the first `count` headers are initialised. What they point to, each with its own size, is in `messages`
    // and `vectors`, which outlive the call; the kernel only reads it, and writes `msg_len` into the headers.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr().cast(), count, 0) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Receives what has arrived into as many messages as there are, at most [`BATCH_MESSAGES`], the bytes of each into
/// its share of `room`; tells how many there were.
pub(super) fn receive(
    socket: BorrowedFd<'_>,
    messages: &mut [MessageIn],
    room: &mut [u8],
    share: usize,
) -> io::Result<usize> {
    let mut vectors: Uninitialised<libc::iovec> = [const { MaybeUninit::uninit() }; BATCH_MESSAGES];
    let mut headers: Uninitialised<libc::mmsghdr> = [const { MaybeUninit::uninit() }; BATCH_MESSAGES];
    let mut count = 0;
    let shares = room.chunks_exact_mut(share);
    for (((message, room), vector), header) in
        messages.iter_mut().zip(shares).zip(&mut vectors).zip(&mut headers)
    {
        let vector = vector.write(libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() });
        let mut empty = empty_header();
        empty.msg_name = ptr::from_mut(&mut message.address).cast();
        empty.msg_namelen = RawAddress::BYTES;
        empty.msg_iov = ptr::from_mut(vector);
        empty.msg_iovlen = 1;
        empty.msg_control = ptr::from_mut(&mut message.control).cast();
        empty.msg_controllen = size_of::<ReceiveControl>();
        header.write(libc::mmsghdr { msg_hdr: empty, msg_len: 0 });
        count += 1;
    }
    // SAFETY: the first `count` headers are initialised. What they point to, each with its own size, is in `messages`,
    // `room` and `vectors`, borrowed for writing until after the call and disjoint; any bytes are valid in all of it.
    let received =
        unsafe { libc::recvmmsg(socket.as_raw_fd(), headers.as_mut_ptr().cast(), count, 0, ptr::null_mut()) };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    for (message, header) in messages.iter_mut().zip(&headers).take(received) {
        // SAFETY: the kernel fills at most `count` messages, and so many headers were initialised above.
        let header = unsafe { header.assume_init_ref() };
        message.length = usize::try_from(header.msg_len).unwrap_or(0).min(share);
        message.control.truncate(header.msg_hdr.msg_controllen);
    }
    Ok(received)
}

/// Sets an option whose value is a number.
pub(super) fn set_option(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    let value_at = ptr::from_ref(&value).cast::<c_void>();
    let bytes = libc::socklen_t::try_from(size_of::<c_int>()).map_err(io::Error::other)?;
    // SAFETY: the pointer is to `value`, which lives until after the call and has the size told.
    match unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, value_at, bytes) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn empty_header() -> libc::msghdr {
    // SAFETY: a structure of numbers and pointers, for which all zeros are valid: they mean that nothing is there. It
    // cannot be written out, since on some systems it has fields without a public name.
    unsafe { mem::zeroed() }
}
