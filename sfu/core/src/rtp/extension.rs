//! Header extension elements in both forms (RFC 8285).

/// Marks the one-byte form.
pub(super) const ONE_BYTE: u16 = 0xBEDE;
/// Marks the two-byte form; the low four bits belong to the application.
pub(super) const TWO_BYTE: u16 = 0x1000;
/// In the one-byte form this number ends the list.
const END: u8 = 15;

/// The elements of one header: each with its number and its bytes. A list that lies about its lengths ends early.
#[derive(Debug, Clone)]
pub(crate) struct Extensions<'a> {
    form: Form,
    rest: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    OneByte,
    TwoByte,
    Unknown,
}

impl<'a> Extensions<'a> {
    pub(super) fn new(profile: u16, elements: &'a [u8]) -> Self {
        let form = match profile {
            ONE_BYTE => Form::OneByte,
            profile if profile & 0xFFF0 == TWO_BYTE => Form::TwoByte,
            _ => Form::Unknown,
        };
        Self { form, rest: elements }
    }

    fn one_byte(&mut self, head: u8, rest: &'a [u8]) -> Option<(u8, &'a [u8])> {
        let id = head >> 4;
        // RFC 8285 section 4.2: number zero with a length ends the list as well.
        if id == 0 || id == END {
            return None;
        }
        let (value, rest) = rest.split_at_checked(usize::from(head & 0x0F) + 1)?;
        self.rest = rest;
        Some((id, value))
    }

    fn two_bytes(&mut self, id: u8, rest: &'a [u8]) -> Option<(u8, &'a [u8])> {
        let (&length, rest) = rest.split_first()?;
        let (value, rest) = rest.split_at_checked(length.into())?;
        self.rest = rest;
        Some((id, value))
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&head, rest) = self.rest.split_first()?;
            // A zero byte pads, in either form.
            if head == 0 {
                self.rest = rest;
                continue;
            }
            let element = match self.form {
                Form::OneByte => self.one_byte(head, rest),
                Form::TwoByte => self.two_bytes(head, rest),
                Form::Unknown => None,
            };
            if element.is_none() {
                self.rest = &[];
            }
            return element;
        }
    }
}
