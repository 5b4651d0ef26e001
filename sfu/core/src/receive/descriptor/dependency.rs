//! AV1's dependency descriptor (AV1 RTP specification appendix A.8): a header extension that tells a frame's number, its
//! layers and what it needs, by templates that a keyframe brings along and later frames only name. A decode target is what
//! a receiver may be sent of a stream: its layers up to one in size and in time.

use super::{OPENS_ALL, Spatial, Temporal};

/// A frame's number lies in the two bytes behind the first, in every descriptor.
pub(crate) const NUMBER_OFFSET: usize = 1;
/// The part every descriptor has.
const MANDATORY_BYTES: usize = 3;
/// Templates have numbers of six bits.
const TEMPLATES_MAX: usize = 64;
/// Decode targets are counted in five bits.
const TARGETS_MAX: usize = 32;
/// What a frame is to a decode target: no part of it,
const NOT_PRESENT: u32 = 0;
/// or the one from which on a receiver can go over to it.
const SWITCH: u32 = 2;

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
    /// How far back the farthest frame it needs lies; zero when it needs none.
    reach: u32,
    /// The highest temporal layer that can be shown from it on.
    opens: u8,
}

/// The templates of a coded video sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Structure {
    /// The number of the first.
    offset: u8,
    count: usize,
    templates: [Template; TEMPLATES_MAX],
    targets: u32,
    /// The temporal layer of each target.
    target_layers: [u8; TARGETS_MAX],
    /// The highest layers in size and in time.
    highest: (u8, u8),
}

/// What a descriptor says of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Whether the frame's first packet carries it, and whether its last does.
    begins: bool,
    ends: bool,
    /// Whether it brings the templates of what follows.
    structured: bool,
    template: Template,
    highest: (u8, u8),
}

impl Dependency {
    /// Reads a descriptor; `known` holds the templates that came last and takes over new ones.
    pub(crate) fn read(value: &[u8], known: &mut Option<Structure>) -> Result<Self, DependencyError> {
        let first = *value.first().filter(|_| value.len() >= MANDATORY_BYTES).ok_or(DependencyError::Cut)?;
        let (begins, ends, number) = (first & 0x80 != 0, first & 0x40 != 0, first & 0x3F);
        let Some(extended) = value.get(MANDATORY_BYTES..).filter(|extended| !extended.is_empty()) else {
            let structure = known.as_ref().ok_or(DependencyError::Unknown)?;
            let (template, highest) = (structure.template(number)?, structure.highest);
            return Ok(Self { begins, ends, structured: false, template, highest });
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
            let indications = Indications::read(&mut bits, structure.targets)?;
            template.opens = indications.opens(template.temporal, &structure.target_layers);
        }
        if own_references {
            template.reach = 0;
            // A size and a distance of as many half bytes, until a size is zero.
            while let size @ 1.. = bits.number(2)? {
                template.reach = template.reach.max(bits.number(4 * size)? + 1);
            }
        }
        Ok(Self { begins, ends, structured, template, highest: structure.highest })
    }

    /// Whether decoding can begin with its packet: it opens a frame that needs none and says how to read what follows.
    pub(crate) fn starts_keyframe(&self) -> bool {
        let Template { spatial, temporal, reach, .. } = self.template;
        self.begins && self.structured && reach == 0 && spatial == 0 && temporal == 0
    }

    /// Its place among the layers in size and in time, if the stream has several of either.
    pub(crate) fn layers(&self) -> Option<(Spatial, Temporal)> {
        let (template, (highest, highest_temporal)) = (&self.template, self.highest);
        let (begins, ends) = (self.begins, self.ends);
        // A picture has a frame for each size at most, so what lies no farther back is of the same one.
        let inter = template.reach > u32::from(template.spatial);
        let opens = if inter { template.opens } else { OPENS_ALL };
        let spatial = Spatial { layer: template.spatial, begins, ends, inter, highest: Some(highest) };
        let temporal = Temporal {
            layer: template.temporal,
            begins: begins && template.spatial == 0,
            opens,
            highest: highest_temporal,
        };
        (highest > 0 || highest_temporal > 0).then_some((spatial, temporal))
    }
}

/// What a frame is to each decode target.
#[derive(Debug, Clone, Copy)]
struct Indications([u32; TARGETS_MAX]);

impl Indications {
    fn read(bits: &mut Bits<'_>, targets: u32) -> Result<Self, DependencyError> {
        let mut found = Self([NOT_PRESENT; TARGETS_MAX]);
        for (_, indication) in (0..targets).zip(&mut found.0) {
            *indication = bits.number(2)?;
        }
        Ok(found)
    }

    /// The highest temporal layer that can be gone over to with a frame of `temporal`, the targets being of `layers`. One
    /// above the lowest must be the beginning of its own layer too, or who has not been shown that could not decode it.
    fn opens(&self, temporal: u8, layers: &[u8; TARGETS_MAX]) -> u8 {
        let switches = || self.0.iter().zip(layers).filter(|(is, _)| **is == SWITCH).map(|(_, layer)| *layer);
        let begins = temporal == 0 || switches().any(|layer| layer == temporal);
        switches().max().filter(|_| begins).unwrap_or(0)
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
        let target_layers = indications(bits, targets, used)?;
        for template in &mut *used {
            while bits.flag()? {
                template.reach = template.reach.max(bits.number(4)? + 1);
            }
        }
        let highest = used.iter().fold((0, 0), |(spatial, temporal), template| {
            (template.spatial.max(spatial), template.temporal.max(temporal))
        });
        chains(bits, targets, count)?;
        if bits.flag()? {
            for _ in 0..=highest.0 {
                // Width and height.
                bits.number(32)?;
            }
        }
        Ok(Self { offset, count, templates, targets, target_layers, highest })
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
        *template = Template { spatial, temporal, ..Template::default() };
        match bits.number(2)? {
            0 => {}
            1 => temporal += 1,
            2 => (spatial, temporal) = (spatial + 1, 0),
            _ => return Ok(place + 1),
        }
    }
    Err(DependencyError::TooMany)
}

/// What templates are to each decode target; gives the temporal layer of each target, the highest that it has frames of.
fn indications(
    bits: &mut Bits<'_>,
    targets: u32,
    templates: &mut [Template],
) -> Result<[u8; TARGETS_MAX], DependencyError> {
    let mut all = [Indications([NOT_PRESENT; TARGETS_MAX]); TEMPLATES_MAX];
    let mut layers = [0; TARGETS_MAX];
    for (template, place) in templates.iter().zip(&mut all) {
        *place = Indications::read(bits, targets)?;
        for (indication, layer) in place.0.iter().zip(&mut layers) {
            if *indication != NOT_PRESENT {
                *layer = template.temporal.max(*layer);
            }
        }
    }
    for (template, indications) in templates.iter_mut().zip(&all) {
        template.opens = indications.opens(template.temporal, &layers);
    }
    Ok(layers)
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
