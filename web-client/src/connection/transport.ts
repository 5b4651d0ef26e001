// One RTCPeerConnection with its fixed m-lines. Everything that will ever be sent or received is in its one offer;
// afterwards sources come and go by `replaceTrack` and the node switches what it sends, so nothing is renegotiated.

import type { PublishDemand, PublishSource } from '../protocol/generated.ts';
import { CAMERA_ENCODINGS, paused, SCREEN_ENCODINGS, vp8First, withDemand } from '../media/encodings.ts';

/** Three for the loudest, one for the floor. */
const AUDIO_SLOTS = 4;

/** The programme and the slides. */
const LARGE_PICTURES = 2;

export class Transport {
  readonly connection: RTCPeerConnection;
  readonly #senders: Readonly<Record<PublishSource, RTCRtpSender>>;
  /** Parameters of a sender may be changed by one caller at a time; each change waits for the one before. */
  readonly #turns = new Map<PublishSource, Promise<void>>();

  /** M-lines in the order that the node expects: four sources, four audio slots, programme, slides, mosaic. */
  constructor(mosaic: number) {
    this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: [] });
    this.#senders = {
      microphone: this.#send('audio'),
      camera: this.#send('video', CAMERA_ENCODINGS),
      screen: this.#send('video', SCREEN_ENCODINGS),
      screenAudio: this.#send('audio'),
    };
    for (let slot = 0; slot < AUDIO_SLOTS; slot += 1) {
      this.connection.addTransceiver('audio', { direction: 'recvonly' });
    }
    for (let slot = 0; slot < LARGE_PICTURES + mosaic; slot += 1) {
      this.connection.addTransceiver('video', { direction: 'recvonly' });
    }
  }

  /** What arrives on each m-line of the pool, by mid; known as soon as the offer is made. */
  received(): ReadonlyMap<string, MediaStreamTrack> {
    return new Map(
      this.connection
        .getTransceivers()
        .filter((transceiver) => transceiver.direction === 'recvonly')
        .flatMap((transceiver) =>
          transceiver.mid === null ? [] : [[transceiver.mid, transceiver.receiver.track] as const],
        ),
    );
  }

  /** By mid, what a line of the offer sends. */
  sourceOf(mid: string): PublishSource | null {
    const transceiver = this.connection.getTransceivers().find((candidate) => candidate.mid === mid);
    const sources: readonly PublishSource[] = ['microphone', 'camera', 'screen', 'screenAudio'];
    return sources.find((source) => this.#senders[source] === transceiver?.sender) ?? null;
  }

  /** An offer for the node; with `restart` one that looks for a new path. */
  async offer(restart: 'first' | 'restart'): Promise<string> {
    const offer = await this.connection.createOffer({ iceRestart: restart === 'restart' });
    await this.connection.setLocalDescription(offer);
    // Candidates are not waited for: the node is reachable by its own addresses and learns ours from checks.
    return this.connection.localDescription?.sdp ?? '';
  }

  async answer(sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
  }

  setTrack(source: PublishSource, track: MediaStreamTrack | null): void {
    this.#inTurn(source, async (sender) => {
      if (sender.track !== track) await sender.replaceTrack(track);
    });
  }

  setDemand(source: PublishSource, demand: PublishDemand): void {
    // Sound is one small encoding, and whether it is heard is the gate's business.
    if (source === 'microphone' || source === 'screenAudio') return;
    this.#inTurn(source, async (sender) => {
      const parameters = sender.getParameters();
      const encodings = withDemand(parameters.encodings, demand);
      if (encodings !== null) await sender.setParameters({ ...parameters, encodings });
    });
  }

  close(): void {
    this.connection.close();
  }

  #inTurn(source: PublishSource, change: (sender: RTCRtpSender) => Promise<void>): void {
    const turn = (this.#turns.get(source) ?? Promise.resolve()).then(async () => {
      if (this.connection.signalingState === 'closed') return;
      try {
        await change(this.#senders[source]);
      } catch (error) {
        // Closed meanwhile, or a track of a kind the browser refuses: what was sent before goes on.
        console.warn(`${source}: not changed`, error);
      }
    });
    this.#turns.set(source, turn);
  }

  #send(kind: 'audio' | 'video', encodings: readonly RTCRtpEncodingParameters[] = []): RTCRtpSender {
    const sendEncodings = paused(encodings);
    const init: RTCRtpTransceiverInit = { direction: 'sendonly' };
    if (sendEncodings.length > 0) init.sendEncodings = sendEncodings;
    const transceiver = this.connection.addTransceiver(kind, init);
    if (kind === 'video') preferVp8(transceiver);
    return transceiver.sender;
  }
}

function preferVp8(transceiver: RTCRtpTransceiver): void {
  const capabilities = RTCRtpReceiver.getCapabilities('video');
  if (capabilities !== null) transceiver.setCodecPreferences(vp8First(capabilities.codecs));
}
