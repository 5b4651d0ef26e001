//! One client's control side: negotiation, ICE and DTLS, carried by str0m, which is handed nothing but STUN and DTLS.
//! What was agreed comes out as plain values, the media keys as they were exported; no media packet passes here.

mod agreement;
mod answer;
mod codec;
mod factory;
mod keys;
mod link;
mod offer;

#[cfg(any(test, feature = "testing"))]
pub(crate) use agreement::DEPENDENCY_URI;
pub(crate) use agreement::{Agreement, ExtensionIds, Offered, SlotLine};
pub(crate) use codec::{Codec, Format};
pub(crate) use factory::TransportFactory;
pub(crate) use keys::Exported;
pub(crate) use offer::{Carries, Offer, OfferLine, Role};

use crate::datagram::{Datagram, Letter};
use rand_chacha::ChaCha20Rng;
use sfu_control::{ConnectRefusal, DisconnectReason};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use str0m::change::{SdpOffer, SdpPendingOffer};
use str0m::net::{Protocol, Receive};
use str0m::{Event, Input, Output, Rtc, RtcError};

/// Media packets start at this first byte (RFC 7983). The library would send reports of its own on streams it believes
/// to be idle; they never leave.
const MEDIA_FIRST_BYTE: u8 = 128;

/// What a control side gives.
#[derive(Debug)]
pub(crate) enum PeerOutput {
    /// Send this.
    Letter(Letter),
    /// The handshake exported the media keys.
    Keys(Exported),
    /// ICE and DTLS are up.
    Connected,
    /// It is over; nothing follows.
    Gone { reason: DisconnectReason, panicked: bool },
    /// Nothing before then.
    Timeout(Instant),
}

/// Whether a transport can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Alive,
    /// To be reported by the next poll.
    Failed {
        reason: DisconnectReason,
        panicked: bool,
    },
    Over,
}

/// An offer of ours that waits for its answer.
struct OurOffer(SdpPendingOffer);

impl std::fmt::Debug for OurOffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OurOffer").finish_non_exhaustive()
    }
}

/// One client's control side.
#[derive(Debug)]
pub(crate) struct Peer {
    rtc: Box<Rtc>,
    phase: Phase,
    agreement: Agreement,
    /// Keys that came and were not given yet.
    exported: Option<Exported>,
    /// What the library said in the same breath in which the keys came.
    waiting: Option<PeerOutput>,
    /// Our own offer, until it is answered.
    offered: Option<OurOffer>,
}

impl Peer {
    fn new(rtc: Rtc) -> Self {
        Self {
            rtc: Box::new(rtc),
            phase: Phase::Alive,
            agreement: Agreement::default(),
            exported: None,
            waiting: None,
            offered: None,
        }
    }

    /// Answers a first offer.
    pub(crate) fn connect(
        factory: &TransportFactory,
        offer: &Offer,
        rng: &mut ChaCha20Rng,
        now: Instant,
    ) -> Result<(Self, String), ConnectRefusal> {
        let rtc = catch_unwind(AssertUnwindSafe(|| factory.build(rng, now))).map_err(|_| library_failed())?;
        let mut peer = Self::new(rtc);
        let answer = peer.renegotiate(offer)?;
        Ok((peer, answer))
    }

    /// Answers a further offer: an ICE restart or more slots.
    pub(crate) fn renegotiate(&mut self, offer: &Offer) -> Result<String, ConnectRefusal> {
        let Agreement { sources, slots, .. } = &self.agreement;
        let known = sources.iter().map(|line| &line.mid).chain(slots.iter().map(|line| &line.mid));
        let keeps = offer.lines.iter().map(|line| &line.mid);
        if !known.eq(keeps.take(sources.len() + slots.len())) {
            return Err(ConnectRefusal::UnexpectedLayout { detail: "known media lines moved".to_owned() });
        }
        let sdp = SdpOffer::from_sdp_string(&offer.sdp)
            .map_err(|error| ConnectRefusal::MalformedOffer { detail: first_words(&error.to_string()) })?;
        let slots = self.agreement.slots.clone();
        let answer = self
            .guarded(|peer| {
                agreement::lend_streams(&mut peer.rtc, &slots);
                peer.rtc.sdp_api().accept_offer(sdp)
            })
            .ok_or_else(library_failed)?
            .map_err(|error| ConnectRefusal::MalformedOffer { detail: first_words(&error.to_string()) })?;
        let agreed =
            self.guarded(|peer| Agreement::read(&mut peer.rtc, offer)).ok_or_else(library_failed)??;
        self.guarded(|peer| agreement::take_streams(&mut peer.rtc, &agreed)).ok_or_else(library_failed)?;
        self.agreement = agreed;
        Ok(answer::finish(&offer.sdp, &answer.to_sdp_string()))
    }

    /// What was agreed on last.
    pub(crate) fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// The user name clients introduce themselves with; an ICE restart changes it.
    pub(crate) fn ufrag(&mut self) -> String {
        self.guarded(|peer| peer.rtc.direct_api().local_ice_credentials().ufrag).unwrap_or_default()
    }

    /// Takes a STUN or DTLS datagram. Gives false when it could not be read.
    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        let received = Receive::new(Protocol::Udp, datagram.source, datagram.destination, datagram.contents);
        let Ok(received) = received else { return false };
        self.guarded(|peer| peer.rtc.handle_input(Input::Receive(now, received)).is_ok()).unwrap_or(false)
    }

    /// Moves time on.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.guarded(|peer| peer.rtc.handle_input(Input::Timeout(now)).is_err()).unwrap_or(false) {
            self.fail(DisconnectReason::Failed, false);
        }
    }

    /// Says farewell; the last letters follow.
    pub(crate) fn close(&mut self) {
        self.guarded(|peer| {
            let _ = peer.rtc.close();
        });
    }

    /// Gives the next output.
    pub(crate) fn poll_output(&mut self, now: Instant) -> PeerOutput {
        loop {
            match self.phase {
                Phase::Alive => {}
                Phase::Failed { reason, panicked } => {
                    self.phase = Phase::Over;
                    return PeerOutput::Gone { reason, panicked };
                }
                Phase::Over => return PeerOutput::Timeout(now + Duration::from_secs(3_600)),
            }
            if let Some(output) = self.waiting.take() {
                return output;
            }
            let polled = self.guarded(|peer| peer.rtc.poll_output());
            let output = self.understand(polled);
            if let Some(exported) = self.exported.take() {
                self.waiting = output;
                return PeerOutput::Keys(exported);
            }
            if let Some(output) = output {
                return output;
            }
        }
    }

    fn understand(&mut self, polled: Option<Result<Output, RtcError>>) -> Option<PeerOutput> {
        match polled? {
            Err(_) => self.fail(DisconnectReason::Failed, false),
            Ok(Output::Timeout(at)) if self.rtc.is_alive() => return Some(PeerOutput::Timeout(at)),
            Ok(Output::Timeout(_)) => self.fail(DisconnectReason::Closed, false),
            Ok(Output::Transmit(transmit)) => {
                let contents: Vec<u8> = transmit.contents.into();
                if contents.first().is_some_and(|first| *first < MEDIA_FIRST_BYTE) {
                    let (source, destination) = (transmit.source, transmit.destination);
                    return Some(PeerOutput::Letter(Letter { source, destination, contents }));
                }
            }
            Ok(Output::Event(Event::Connected)) => return Some(PeerOutput::Connected),
            Ok(Output::Event(Event::Closed)) => self.fail(DisconnectReason::Closed, false),
            Ok(Output::Event(_)) => {}
        }
        None
    }

    /// Runs a call into the library, which fails fast by policy: a panic ends this peer and nobody else.
    fn guarded<R>(&mut self, call: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.phase != Phase::Alive {
            return None;
        }
        let result = catch_unwind(AssertUnwindSafe(|| call(self)));
        // Whatever happened, keys of this peer must not lie there when the next one is asked.
        self.exported = keys::take_exported().or(self.exported.take());
        match result {
            Ok(result) => Some(result),
            Err(_) => {
                self.fail(DisconnectReason::Failed, true);
                None
            }
        }
    }

    /// What a defect of the library would do.
    #[cfg(test)]
    pub(crate) fn panic_inside(&mut self) {
        self.guarded(|_| panic!("made by a test"));
    }

    fn fail(&mut self, reason: DisconnectReason, panicked: bool) {
        if self.phase == Phase::Alive {
            self.phase = Phase::Failed { reason, panicked };
        }
    }
}

/// The library's words for what is wrong, without room for quoting an offer's secrets.
fn first_words(text: &str) -> String {
    text.split('"').next().unwrap_or_default().chars().take(120).collect()
}

fn library_failed() -> ConnectRefusal {
    ConnectRefusal::MalformedOffer { detail: "the negotiation failed on it".to_owned() }
}
