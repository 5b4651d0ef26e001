//! The one place of this crate that draws random numbers: the operating system's.

/// Random bytes.
///
/// # Errors
/// [`getrandom::Error`] if the system has none to give; then nothing that needs a secret can go on.
pub fn bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
