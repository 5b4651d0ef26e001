//! One `webrtc` connection in the layout every client negotiates: four things it may send, then the receive pool.

use crate::interop::media::{Picture, Tone};
use rtc::{
    media_stream::MediaStreamTrack,
    peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8},
    rtp::{
        Packet,
        extension::{HeaderExtension, audio_level_extension::AudioLevelExtension},
    },
    rtp_transceiver::{
        RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{
            RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpHeaderExtensionCapability,
            RtpCodecKind,
        },
    },
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Interval, timeout},
};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
        RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder, SrtpProtectionProfile,
        register_default_interceptors,
    },
    rtp_transceiver::RtpSender,
};

/// Far more than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Mosaic slots of a delegate's pool.
pub(crate) const MOSAIC_SLOTS: usize = 6;

/// Which of the four sending lines a source is.
pub(crate) const MICROPHONE: usize = 0;
pub(crate) const CAMERA: usize = 1;

/// What happened at a client.
pub(crate) enum Happening {
    /// ICE candidates are complete.
    Gathered,
    /// ICE and DTLS are up.
    Connected,
    /// The connection failed.
    Failed,
    /// A packet came.
    Packet(Packet),
}

struct Handler(UnboundedSender<Happening>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.0.send(Happening::Gathered);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let happening = if state == RTCPeerConnectionState::Connected {
            Happening::Connected
        } else if state == RTCPeerConnectionState::Failed {
            Happening::Failed
        } else {
            return;
        };
        let _ = self.0.send(happening);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let happenings = self.0.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let _ = happenings.send(Happening::Packet(packet));
                }
            }
        });
    }
}

/// A client of the node.
pub(crate) struct Client {
    connection: Arc<dyn PeerConnection>,
    senders: Vec<Line>,
    happenings: UnboundedReceiver<Happening>,
    /// Which m-line carries which SSRC of the node, from its answer.
    streams: Vec<(u32, String)>,
}

/// One of the four sending lines.
struct Line {
    track: Arc<TrackLocalStaticRTP>,
    sender: Arc<dyn RtpSender>,
    /// Of the first encoding; further ones count on.
    ssrc: u32,
}

/// How a client sends its camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Camera {
    /// One encoding, as the simplest stacks do.
    Single,
    /// One encoding for each of [`LAYERS`].
    Simulcast,
}

/// The rids of simulcast, smallest first.
pub(crate) const LAYERS: [&str; 3] = ["q", "h", "f"];

/// What a client is like.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Its number in the room.
    pub(crate) number: u32,
    /// The SRTP profiles it knows, best first; all if empty.
    pub(crate) profiles: Vec<SrtpProtectionProfile>,
    /// How it sends its camera.
    pub(crate) camera: Camera,
}

impl Setup {
    /// A client that knows all profiles and sends one encoding.
    pub(crate) fn plain(number: u32) -> Self {
        Self { number, profiles: Vec::new(), camera: Camera::Single }
    }
}

const MID_EXTENSION: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID_EXTENSION: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const LEVEL_EXTENSION: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

impl Client {
    /// Makes a client and its offer.
    pub(crate) async fn new(setup: Setup) -> (Self, String) {
        let (sender, happenings) = unbounded_channel();
        let mut media = MediaEngine::default();
        media.register_default_codecs().unwrap();
        let extensions = [
            (LEVEL_EXTENSION, RtpCodecKind::Audio),
            (MID_EXTENSION, RtpCodecKind::Video),
            (RID_EXTENSION, RtpCodecKind::Video),
        ];
        for (uri, kind) in extensions {
            let extension = RTCRtpHeaderExtensionCapability { uri: uri.to_owned() };
            media.register_header_extension(extension, kind, None).unwrap();
        }
        let interceptors = register_default_interceptors(Registry::new(), &mut media).unwrap();
        let settings =
            SettingEngineBuilder::new().with_srtp_protection_profiles(setup.profiles.clone()).build();
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(interceptors)
            .with_handler(Arc::new(Handler(sender)))
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build()
            .await
            .unwrap();
        let mut client =
            Self { connection: Arc::new(connection), senders: Vec::new(), happenings, streams: Vec::new() };
        let offer = client.offer(&setup).await;
        (client, offer)
    }

    async fn offer(&mut self, setup: &Setup) -> String {
        use RtpCodecKind::{Audio, Video};
        for (line, kind) in [Audio, Video, Video, Audio].into_iter().enumerate() {
            let ssrc = setup.number * 1_000 + u32::try_from(line).unwrap() * 10;
            let simulcast = line == CAMERA && setup.camera == Camera::Simulcast;
            let rids = if simulcast { &LAYERS[..] } else { &[""] };
            let track = Arc::new(TrackLocalStaticRTP::new(local_track(kind, ssrc, rids)));
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendonly,
                ..RTCRtpTransceiverInit::default()
            };
            let transceiver = self
                .connection
                .add_transceiver_from_track(Arc::clone(&track) as Arc<dyn TrackLocal>, Some(init))
                .await
                .unwrap();
            let sender = transceiver.sender().await.unwrap().unwrap();
            self.senders.push(Line { track, sender, ssrc });
        }
        for kind in [Audio; 4].into_iter().chain([Video; 2 + MOSAIC_SLOTS]) {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                ..RTCRtpTransceiverInit::default()
            };
            self.connection.add_transceiver_from_kind(kind, Some(init)).await.unwrap();
        }
        let offer = self.connection.create_offer(None).await.unwrap();
        self.connection.set_local_description(offer).await.unwrap();
        self.wait("gathering", |happening| matches!(happening, Happening::Gathered)).await;
        self.connection.local_description().await.unwrap().sdp
    }

    /// Takes the node's answer and waits for ICE and DTLS.
    pub(crate) async fn connect(&mut self, answer: String) {
        self.streams = streams_of(&answer);
        let answer = RTCSessionDescription::answer(answer).unwrap();
        self.connection.set_remote_description(answer).await.unwrap();
        self.wait("connecting", |happening| match happening {
            Happening::Connected => true,
            Happening::Failed => panic!("the connection failed"),
            Happening::Gathered | Happening::Packet(_) => false,
        })
        .await;
    }

    /// Sends the next packet of a tone, loud enough to be heard.
    pub(crate) async fn speak(&self, tone: &mut Tone) {
        let line = &self.senders[MICROPHONE];
        let packet = tone.next(line.ssrc, payload_type(line).await);
        let level = HeaderExtension::AudioLevel(AudioLevelExtension { level: 20, voice: true });
        line.track.write_rtp_with_extensions(packet, &[level]).await.unwrap();
    }

    /// Sends the next picture of a camera.
    pub(crate) async fn show(&self, picture: &mut Picture) {
        let line = &self.senders[CAMERA];
        let packet = picture.next(line.ssrc, payload_type(line).await);
        line.track.write_rtp(packet).await.unwrap();
    }

    /// Sends the next picture of a camera in all layers; each is a source of its own with its own mark.
    pub(crate) async fn show_layers(&self, pictures: &mut [Picture; LAYERS.len()]) {
        let line = &self.senders[CAMERA];
        let parameters = line.sender.get_parameters().await.unwrap().rtp_parameters;
        let id = |uri| {
            parameters.header_extensions.iter().find(|e| e.uri == uri).map(|e| u8::try_from(e.id).unwrap())
        };
        for ((ssrc, rid), picture) in (line.ssrc..).zip(LAYERS).zip(pictures) {
            let mut packet = picture.next(ssrc, payload_type(line).await);
            // The m-lines have their numbers as mids.
            for (uri, value) in [(MID_EXTENSION, CAMERA.to_string()), (RID_EXTENSION, rid.to_owned())] {
                let id = id(uri).expect("both ends know this extension");
                packet.header.set_extension(id, value.into_bytes().into()).unwrap();
            }
            line.track.write_rtp(packet).await.unwrap();
        }
    }

    /// The next packet and the m-line it came by, or nothing if none comes before the ticker.
    pub(crate) async fn received(&mut self, ticker: &mut Interval) -> Option<(String, Packet)> {
        loop {
            tokio::select! {
                biased;
                happening = self.happenings.recv() => if let Some(Happening::Packet(packet)) = happening {
                    let stream = self.streams.iter().find(|(ssrc, _)| *ssrc == packet.header.ssrc);
                    let (_, mid) = stream.expect("the answer names every stream");
                    return Some((mid.clone(), packet));
                },
                _ = ticker.tick() => return None,
            }
        }
    }

    pub(crate) async fn close(self) {
        self.connection.close().await.unwrap();
    }

    async fn wait(&mut self, what: &str, wanted: impl Fn(&Happening) -> bool) {
        let waiting = async {
            loop {
                let happening = self.happenings.recv().await.expect("the connection lives");
                if wanted(&happening) {
                    return;
                }
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what} did not come to an end"));
    }
}

async fn payload_type(line: &Line) -> u8 {
    line.sender.get_parameters().await.unwrap().rtp_parameters.codecs[0].payload_type
}

/// A track with one encoding for each rid; a single one has no rid.
fn local_track(kind: RtpCodecKind, first_ssrc: u32, rids: &[&str]) -> MediaStreamTrack {
    let (mime_type, clock_rate, channels) =
        if kind == RtpCodecKind::Audio { (MIME_TYPE_OPUS, 48_000, 2) } else { (MIME_TYPE_VP8, 90_000, 0) };
    let encoding = |(ssrc, rid): (u32, &&str)| RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            rid: (*rid).to_owned(),
            ssrc: Some(ssrc),
            ..RTCRtpCodingParameters::default()
        },
        codec: RTCRtpCodec {
            mime_type: mime_type.to_owned(),
            clock_rate,
            channels,
            ..RTCRtpCodec::default()
        },
        active: true,
        ..RTCRtpEncodingParameters::default()
    };
    let encodings = (first_ssrc..).zip(rids).map(encoding).collect();
    MediaStreamTrack::new("site".to_owned(), format!("track-{first_ssrc}"), String::new(), kind, encodings)
}

/// The SSRCs an answer announces, with the mid of their m-line.
fn streams_of(answer: &str) -> Vec<(u32, String)> {
    let mut mid = "";
    let mut found = Vec::new();
    for section in answer.split("\r\nm=").skip(1) {
        for line in section.lines() {
            if let Some(value) = line.strip_prefix("a=mid:") {
                mid = value;
            }
        }
        for line in section.lines() {
            let ssrc = line.strip_prefix("a=ssrc:").and_then(|rest| rest.split(' ').next()?.parse().ok());
            found.extend(ssrc.map(|ssrc: u32| (ssrc, mid.to_owned())));
        }
    }
    found.dedup();
    found
}
