//! AV1's dependency descriptor (AV1 RTP specification appendix A.8): a header extension that tells a frame's number, its
//! layers and what it needs, by templates that a keyframe brings along and later frames only name.

/// A frame's number lies in the two bytes behind the first, in every descriptor.
pub(crate) const NUMBER_OFFSET: usize = 1;
/// The part every descriptor has.
const MANDATORY_BYTES: usize = 3;
/// Templates have numbers of six bits.
const TEMPLATES_MAX: usize = 64;

const _: () = assert!(NUMBER_OFFSET + 2 == MANDATORY_BYTES, "every descriptor has its number");

/// Why a descriptor could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DependencyError {
    /// It ends too early.
    #[error("the descriptor is cut")]
    Cut,
    /// It has more templates than there are numbers.
    #[error("the structure has too many templates")]
    TooMany,
    /// It names a template that no structure brought.
    #[error("the template is unknown")]
    Unknown,
}

/// What frames of one kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Template {
    spatial: u8,
    temporal: u8,
    /// Whether it needs another frame.
    inter: bool,
}

/// The templates of a coded video sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Structure {
    /// The number of the first.
    offset: u8,
    count: usize,
    templates: [Template; TEMPLATES_MAX],
    targets: u32,
}

/// What a descriptor says of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Whether the frame's first packet carries it.
    begins: bool,
    /// Whether it brings the templates of what follows.
    structured: bool,
    template: Template,
}

impl Dependency {
    /// Reads a descriptor; `known` holds the templates that came last and takes over new ones.
    pub(crate) fn read(value: &[u8], known: &mut Option<Structure>) -> Result<Self, DependencyError> {
        let first = *value.first().filter(|_| value.len() >= MANDATORY_BYTES).ok_or(DependencyError::Cut)?;
        let (begins, number) = (first & 0x80 != 0, first & 0x3F);
        let Some(extended) = value.get(MANDATORY_BYTES..).filter(|extended| !extended.is_empty()) else {
            let template = known.as_ref().ok_or(DependencyError::Unknown)?.template(number)?;
            return Ok(Self { begins, structured: false, template });
        };
        let mut bits = Bits { bytes: extended, position: 0 };
        let structured = bits.flag()?;
        let [targets_active, own_targets, own_references] = [bits.flag()?, bits.flag()?, bits.flag()?];
        // Whether it has chains of its own: they come last and do not concern us.
        bits.flag()?;
        if structured {
            *known = Some(Structure::read(&mut bits)?);
        }
        let structure = known.as_ref().ok_or(DependencyError::Unknown)?;
        if targets_active {
            bits.number(structure.targets)?;
        }
        let mut template = structure.template(number)?;
        if own_targets {
            bits.number(2 * structure.targets)?;
        }
        if own_references {
            // A size of two bits and, unless it is zero, a distance of as many half bytes, until a size is zero: one is
            // enough to know that the frame needs another.
            template.inter = bits.number(2)? != 0;
        }
        Ok(Self { begins, structured, template })
    }

    /// Whether decoding can begin with its packet: it opens a frame that needs none and says how to read what follows.
    pub(crate) fn starts_keyframe(&self) -> bool {
        let Template { spatial, temporal, inter } = self.template;
        self.begins && self.structured && !inter && spatial == 0 && temporal == 0
    }
}

/// A frame's number, if there is one.
pub(crate) fn frame_number(value: &[u8]) -> Option<u16> {
    let [_, high, low] = *value.first_chunk::<MANDATORY_BYTES>()?;
    Some(u16::from_be_bytes([high, low]))
}

impl Structure {
    fn read(bits: &mut Bits<'_>) -> Result<Self, DependencyError> {
        let offset = u8::try_from(bits.number(6)?).unwrap_or_default();
        let targets = bits.number(5)? + 1;
        let mut templates = [Template::default(); TEMPLATES_MAX];
        let count = layers(bits, &mut templates)?;
        let used = templates.get_mut(..count).unwrap_or_default();
        for _ in 0..used.len() {
            // What the frame is to each decode target, two bits each.
            bits.number(2 * targets)?;
        }
        for template in used {
            while bits.flag()? {
                bits.number(4)?;
                template.inter = true;
            }
        }
        chains(bits, targets, count)?;
        let spatial = templates.get(..count).and_then(<[Template]>::last).map_or(0, |last| last.spatial);
        if bits.flag()? {
            for _ in 0..=spatial {
                // Width and height.
                bits.number(32)?;
            }
        }
        Ok(Self { offset, count, templates, targets })
    }

    /// The template of a number.
    fn template(&self, number: u8) -> Result<Template, DependencyError> {
        let place = usize::from(number.wrapping_sub(self.offset) & 0x3F);
        let template = self.templates.get(..self.count).and_then(|templates| templates.get(place));
        template.copied().ok_or(DependencyError::Unknown)
    }
}

/// The layers of the templates; gives how many there are.
fn layers(bits: &mut Bits<'_>, templates: &mut [Template]) -> Result<usize, DependencyError> {
    let (mut spatial, mut temporal) = (0, 0);
    for (place, template) in templates.iter_mut().enumerate() {
        *template = Template { spatial, temporal, inter: false };
        match bits.number(2)? {
            0 => {}
            1 => temporal += 1,
            2 => (spatial, temporal) = (spatial + 1, 0),
            _ => return Ok(place + 1),
        }
    }
    Err(DependencyError::TooMany)
}

/// Steps over the chains: which protects each decode target, and each template's distance in each.
fn chains(bits: &mut Bits<'_>, targets: u32, templates: usize) -> Result<(), DependencyError> {
    let count = bits.below(targets + 1)?;
    if count == 0 {
        return Ok(());
    }
    for _ in 0..targets {
        bits.below(count)?;
    }
    for _ in 0..templates {
        bits.number(4 * count)?;
    }
    Ok(())
}

/// A position in bits that can only move forward.
struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Result<bool, DependencyError> {
        let byte = self.bytes.get(self.position / 8).ok_or(DependencyError::Cut)?;
        let flag = byte << (self.position % 8) & 0x80 != 0;
        self.position += 1;
        Ok(flag)
    }

    /// The last 32 of so many bits, highest first.
    fn number(&mut self, bits: u32) -> Result<u32, DependencyError> {
        let mut number: u32 = 0;
        for _ in 0..bits {
            number = number << 1 | u32::from(self.flag()?);
        }
        Ok(number)
    }

    /// A number below `limit` in as few bits as it takes (`ns(n)` of the AV1 bitstream specification, section 4.10.7).
    fn below(&mut self, limit: u32) -> Result<u32, DependencyError> {
        let width = u32::BITS - limit.leading_zeros();
        let short = (1_u32 << width) - limit;
        let value = self.number(width.saturating_sub(1))?;
        if value < short {
            return Ok(value);
        }
        Ok((value << 1) - short + self.number(1)?)
    }
}

#[cfg(test)]
mod tests;
