// Written by `cargo xtask codegen` from signaling/protocol. Do not edit: change the Rust types instead.

export const PROTOCOL_VERSION = 2;

export const WIRE_LIMITS: Limits = {
  frameBytes: 65536,
  requestsPerSecond: 20,
  silenceMs: 15000,
  offerBytes: 262144,
  mosaicSlots: 25,
  pageSeats: 100,
};

/**
 * An account: a person or a site.
 */
export type AccountId = string & { readonly __id: "Account" };

/**
 * What an account is.
 */
export type AccountKind = "person" | "site";

/**
 * Whether an account can sign in.
 */
export type AccountState = "active" | "disabled";

/**
 * One account as an administrator sees it.
 */
export type AccountView = { 
/**
 * The account.
 */
account: AccountId, 
/**
 * Its sign-in name.
 */
username: string, 
/**
 * The name to show.
 */
name: string, 
/**
 * Its unit.
 */
unit: UnitCode, 
/**
 * Whether it can sign in. Whoever does not administer the account sees it only while it can.
 */
state: AccountState, 
/**
 * What it may do and where.
 */
grants: Array<GrantView>, };

/**
 * What a seat may do right now. The server enforces it; the client shows only what is listed.
 */
export type Action = "speak" | "showCamera" | "register" | "present" | "convene" | "direct" | "controlMicrophones" | "controlPresenting" | "manageSeats" | "watch" | "detach" | "detachOwn";

/**
 * The body of every response that is not a success.
 */
export type ApiError = { 
/**
 * Why.
 */
refusal: Refusal, 
/**
 * For technicians: what exactly, in English, without secrets.
 */
detail?: string, 
/**
 * When to try again, seconds.
 */
retryAfterSeconds?: number, };

/**
 * A text of 1 to `MAX` characters, trimmed, in Unicode NFC.
 */
export type BoundedText = string;

/**
 * A branch that sits apart, a unit with all below it ("Đang họp riêng").
 */
export type BranchView = { 
/**
 * Its unit.
 */
unit: UnitCode, 
/**
 * The unit's name.
 */
name: string, 
/**
 * Since when.
 */
since: UtcSeconds, 
/**
 * Who chairs it.
 */
chair?: SeatId, 
/**
 * Who chairs it while the chair is not connected.
 */
deputy?: SeatId, 
/**
 * Whether its line was cut, and nobody let it go.
 */
cut?: boolean, };

/**
 * The last message of a connection.
 */
export type Bye = { 
/**
 * Why.
 */
reason: ByeReason, 
/**
 * When to come back, milliseconds; absent if coming back is no use.
 */
retryAfterMs?: number, };

/**
 * Why the node ends a connection.
 */
export type ByeReason = "replaced" | "removed" | "revoked" | "ended" | "left" | "restarting" | "overrun" | "misbehaved" | "silent";

/**
 * One thing that is different now; always the whole new value.
 */
export type Change = { "kind": "meeting", 
/**
 * Its new value.
 */
meeting: MeetingView, } | { "kind": "seat", 
/**
 * Its new value.
 */
seat: SeatView, } | { "kind": "you", 
/**
 * The new value.
 */
you: You, };

/**
 * `POST /api/v1/session/password`
 */
export type ChangePassword = { 
/**
 * The present one.
 */
current: string, 
/**
 * The new one: at least 10 characters.
 */
new: string, };

/**
 * One frame from a client.
 */
export type ClientFrame = { 
/**
 * The request's number. A request repeated with the same number is answered again, not done again.
 */
id: RequestId, 
/**
 * The last fact this client has seen.
 */
seen: FactNumber, 
/**
 * What it wants.
 */
message: ClientMessage, };

/**
 * What a client wants.
 */
export type ClientMessage = { "type": "hello" } & Hello | { "type": "ping", } | { "type": "leave", } | { "type": "setView" } & ViewWish | { "type": "setSource", 
/**
 * Which source.
 */
source: PublishSource, 
/**
 * On or off.
 */
presence: Presence, } | { "type": "openMicrophone", } | { "type": "closeMicrophone", } | { "type": "registerToSpeak", 
/**
 * What about.
 */
topic: BoundedText | null, } | { "type": "cancelRegistration", } | { "type": "finishSpeech", } | { "type": "startPresenting", } | { "type": "stopPresenting", } | { "type": "startMeeting", } | { "type": "endMeeting", } | { "type": "putOnStage", 
/**
 * Whose picture.
 */
seat: SeatId, } | { "type": "clearStage", } | { "type": "inviteToSpeak", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "endSpeech", } | { "type": "dismissRegistration", 
/**
 * Whose.
 */
seat: SeatId, } | { "type": "lockAllMicrophones", } | { "type": "allowAllMicrophones", } | { "type": "lockMicrophone", 
/**
 * Whose.
 */
seat: SeatId, } | { "type": "allowMicrophone", 
/**
 * Whose.
 */
seat: SeatId, } | { "type": "stopPresentation", } | { "type": "allowPresenting", 
/**
 * Who.
 */
seat: SeatId, } | { "type": "inviteSites", 
/**
 * Their units, in protocol order.
 */
units: Array<UnitCode>, } | { "type": "removeSeat", 
/**
 * Whose.
 */
seat: SeatId, } | { "type": "inviteBack", 
/**
 * Whose.
 */
seat: SeatId, } | { "type": "detachBranch", 
/**
 * Its unit.
 */
unit: UnitCode, 
/**
 * Who chairs it; if nobody is named, the unit's own room, else whoever of it comes first and is here.
 */
chair: SeatId | null, 
/**
 * Who stands in while the chair is not here; if nobody is named, the next after the chair.
 */
deputy: SeatId | null, } | { "type": "returnBranch", 
/**
 * Which.
 */
unit: UnitCode, } | { "type": "nameBranchChair", 
/**
 * Which branch.
 */
unit: UnitCode, 
/**
 * Who.
 */
seat: SeatId, } | { "type": "setDetaching", 
/**
 * Who.
 */
policy: DetachingPolicy, };

/**
 * How a seat is connected.
 */
export type Connection = { "state": "absent", } | { "state": "connected", 
/**
 * Since when.
 */
since: UtcSeconds, } | { "state": "lost", 
/**
 * Since when.
 */
since: UtcSeconds, } | { "state": "left", 
/**
 * When.
 */
at: UtcSeconds, } | { "state": "removed", 
/**
 * When.
 */
at: UtcSeconds, };

/**
 * `POST /api/v1/accounts`: answered by an [`IssuedSecret`] with the first password.
 */
export type CreateAccount = { 
/**
 * The sign-in name: 3 to 64 of `a-z 0-9 . _ -`.
 */
username: string, 
/**
 * The name to show, with position ("Nguyễn Văn A, Chánh Văn phòng").
 */
name: BoundedText, 
/**
 * The unit the person belongs to.
 */
unit: UnitCode, 
/**
 * What the person may do and where.
 */
grants: Array<GrantView>, };

/**
 * `POST /api/v1/meetings`
 */
export type CreateMeeting = { 
/**
 * Chosen by the client, so that a repeated request makes one meeting.
 */
meeting: MeetingId, 
/**
 * The title.
 */
title: BoundedText, 
/**
 * The kind.
 */
kind: MeetingKind, 
/**
 * Which unit convenes.
 */
conveningUnit: UnitCode, 
/**
 * When it is planned to start.
 */
starts: UtcSeconds, 
/**
 * The sites, in protocol order.
 */
sites: Array<UnitCode>, 
/**
 * The persons; the creator becomes chair if none is named.
 */
staff: Array<MeetingStaff>, 
/**
 * "Tôi xác nhận nội dung không thuộc bí mật nhà nước": must be true.
 */
noStateSecrets: boolean, };

/**
 * By what right a connection is opened.
 */
export type Credential = { "kind": "ticket", 
/**
 * The ticket.
 */
ticket: Ticket, } | { "kind": "resume", 
/**
 * The token of the last welcome.
 */
token: ResumeToken, 
/**
 * The last fact seen; what happened since is sent, or a fresh snapshot.
 */
seen: FactNumber, };

/**
 * Who may let a branch sit apart.
 */
export type DetachingPolicy = "hosts" | "ownBranch";

/**
 * What kind of device a client runs on.
 */
export type DeviceKind = "room" | "computer" | "phone" | "program";

/**
 * Position of a fact in its meeting's log, from 1. 0 means "none seen".
 */
export type FactNumber = number;

/**
 * What an account may do in a unit and everything below it, outside of any one meeting.
 */
export type GrantRole = "administrator" | "convener" | "operator" | "delegate" | "viewer";

/**
 * One grant: a role in a unit and everything below it.
 */
export type GrantView = { 
/**
 * What.
 */
role: GrantRole, 
/**
 * Where.
 */
unit: UnitCode, };

/**
 * The first message of every connection.
 */
export type Hello = { 
/**
 * The protocol version the client speaks.
 */
version: number, 
/**
 * By what right it comes.
 */
credential: Credential, 
/**
 * What kind of device it is.
 */
device: DeviceKind, };

/**
 * A secret shown once: a first password, or a site's secret.
 */
export type IssuedSecret = { 
/**
 * The sign-in name or site code.
 */
login: string, 
/**
 * The secret.
 */
secret: string, 
/**
 * For sites: a link that signs in (the secret is in the fragment, which is never sent to a server).
 */
link?: string, 
/**
 * For sites: the link as a QR code, an SVG document.
 */
qr?: string, };

/**
 * Bounds a client must keep; a node refuses and counts what breaks them.
 */
export type Limits = { 
/**
 * Largest client frame, bytes.
 */
frameBytes: number, 
/**
 * Requests a second, sustained; twice that may come at once.
 */
requestsPerSecond: number, 
/**
 * A client that has been silent this long is taken for lost, milliseconds.
 */
silenceMs: number, 
/**
 * Largest SDP body, bytes.
 */
offerBytes: number, 
/**
 * Mosaic slots in a view.
 */
mosaicSlots: number, 
/**
 * Seats in one page of a snapshot.
 */
pageSeats: number, };

/**
 * What flows on a line.
 */
export type LineFlow = { 
/**
 * From the upper node to the lower one.
 */
down: LineWay, 
/**
 * From the lower node to the upper one.
 */
up: LineWay, 
/**
 * Round trip, milliseconds.
 */
rttMs?: number, };

/**
 * A line in one word, computed by the server (web-client.md section 5.8).
 */
export type LineQuality = "unknown" | "good" | "fair" | "poor" | "lost";

/**
 * One direction of a line. Measured where it is sent, or where it comes in if only that end has told.
 */
export type LineWay = { 
/**
 * What flows, headers included, kbit/s.
 */
kbps?: number, 
/**
 * What the line is found to carry in this direction, kbit/s.
 */
estimateKbps?: number, 
/**
 * Packets that are lost, in thousandths.
 */
lostPermille?: number, 
/**
 * Streams.
 */
streams?: number, 
/**
 * Pictures that are wanted beyond in a larger form than the line affords.
 */
denied?: number, };

/**
 * How much a client wants to receive.
 */
export type MediaProfile = "full" | "saver" | "audioStills" | "audioOnly";

/**
 * One meeting.
 */
export type MeetingId = string & { readonly __id: "Meeting" };

/**
 * What kind of meeting it is; the wording differs, the rules do not (domain.md section 3.1).
 */
export type MeetingKind = "briefing" | "conference" | "emergency" | "councilSession" | "training" | "rehearsal";

/**
 * `GET /api/v1/meetings`: what the caller may join, soonest first, ended ones last.
 */
export type MeetingList = { 
/**
 * The meetings.
 */
meetings: Array<MeetingSummary>, };

/**
 * Where a meeting stands.
 */
export type MeetingPhase = "waiting" | "running" | "ended";

/**
 * A person with a role in one meeting.
 */
export type MeetingStaff = { 
/**
 * Who.
 */
account: AccountId, 
/**
 * Chair, secretary, operator, delegate or viewer.
 */
role: Role, };

/**
 * One meeting in a list.
 */
export type MeetingSummary = { 
/**
 * The meeting.
 */
meeting: MeetingId, 
/**
 * Its title.
 */
title: BoundedText, 
/**
 * Its kind.
 */
kind: MeetingKind, 
/**
 * The unit that convenes it.
 */
conveningUnit: UnitCode, 
/**
 * That unit's name.
 */
conveningName: string, 
/**
 * When it is planned to start.
 */
starts: UtcSeconds, 
/**
 * Where it stands.
 */
phase: MeetingPhase, 
/**
 * What the caller would be in it.
 */
role: Role, 
/**
 * Invited sites.
 */
sites: number, 
/**
 * Sites connected now.
 */
connected: number, };

/**
 * A meeting's common part as those who sit together see it: from the phase to the queue it is that of their sitting.
 */
export type MeetingView = { 
/**
 * The meeting.
 */
meeting: MeetingId, 
/**
 * Its title.
 */
title: BoundedText, 
/**
 * Its kind.
 */
kind: MeetingKind, 
/**
 * The unit that convenes it.
 */
conveningUnit: UnitCode, 
/**
 * That unit's name.
 */
conveningName: string, 
/**
 * When it is planned to start.
 */
starts: UtcSeconds, 
/**
 * Where it stands.
 */
phase: MeetingPhase, 
/**
 * When it was started.
 */
started?: UtcSeconds, 
/**
 * What microphones are by default.
 */
microphones: MicrophonePolicy, 
/**
 * Whose picture everybody is shown.
 */
stage?: SeatId, 
/**
 * Who has the floor.
 */
floor?: SeatId, 
/**
 * Since when.
 */
floorSince?: UtcSeconds, 
/**
 * Who presents.
 */
presenter?: SeatId, 
/**
 * Who wants to speak, first come first.
 */
queue: Array<QueueEntry>, 
/**
 * The branch that whoever sees this sits apart with; absent in the plenary.
 */
branch?: UnitCode, 
/**
 * The branches that sit apart, by their codes.
 */
apart: Array<BranchView>, 
/**
 * Who may let more of them go.
 */
detaching: DetachingPolicy, 
/**
 * The last fact this view holds.
 */
fact: FactNumber, };

/**
 * A seat's microphone (domain.md section 3.4). Only `Open` passes the SFU.
 */
export type Microphone = "locked" | "off" | "open";

/**
 * What a seat's microphone is when it joins or after "mute all".
 */
export type MicrophonePolicy = "locked" | "allowed";

/**
 * An m-line's mid.
 */
export type Mid = string & { readonly __id: "Mid" };

/**
 * What a node tells of itself.
 */
export type NodeFigures = { 
/**
 * Connections of people and rooms.
 */
people: number, 
/**
 * Meetings that are running there.
 */
meetings: number, 
/**
 * People and rooms whose sound and pictures it carries.
 */
peers: number, 
/**
 * How busy all its processors are, %.
 */
processorPercent?: number, 
/**
 * How many processors it has.
 */
processors?: number, 
/**
 * The release it runs.
 */
version: string, };

/**
 * The line between a node and the one above it.
 */
export type NodeLine = { 
/**
 * Its capacity in each direction, if the nodes file says it, kbit/s.
 */
capacityKbps?: number, 
/**
 * How much of that meetings may take, %.
 */
capPercent?: number, 
/**
 * Its label in the nodes file.
 */
class?: string, 
/**
 * What flows on it now; absent while no media link stands.
 */
flow?: LineFlow, };

/**
 * Why a node is not heard.
 */
export type NodeLoss = { "cause": "silent", } | { "cause": "resuming", } | { "cause": "version", } | { "cause": "clock", 
/**
 * By so much; positive if its own is ahead.
 */
apartSeconds: number, };

/**
 * `GET /api/v1/nodes`: the nodes in the caller's part of the tree, as far as the node that answers knows of them: itself
 * and those below it.
 */
export type NodeMap = { 
/**
 * The node that answers.
 */
here: NodeName, 
/**
 * Its clock.
 */
now: UtcSeconds, 
/**
 * The release it runs.
 */
version: string, 
/**
 * Parents before children, siblings in the order of the nodes file.
 */
nodes: Array<NodeView>, };

/**
 * A node's name.
 */
export type NodeName = string & { readonly __id: "Node" };

/**
 * Whether a node and the one above it hear each other.
 */
export type NodeState = { "state": "top", } | { "state": "attached", 
/**
 * Since when.
 */
since: UtcSeconds, } | { "state": "never", } | { "state": "lost", 
/**
 * When that was noticed.
 */
since: UtcSeconds, 
/**
 * When something was heard of it last, if ever.
 */
heard?: UtcSeconds, 
/**
 * Why.
 */
cause: NodeLoss, } | { "state": "beyond", };

/**
 * A unit a node serves.
 */
export type NodeUnit = { 
/**
 * Its code.
 */
unit: UnitCode, 
/**
 * Its name.
 */
name: string, };

/**
 * One node.
 */
export type NodeView = { 
/**
 * Its name in the nodes file.
 */
name: NodeName, 
/**
 * The node it belongs below, by the nodes file.
 */
parent?: NodeName, 
/**
 * The node it dials while its parent does not answer.
 */
standby?: NodeName, 
/**
 * The node that tells of it now, if that is not its parent.
 */
attachedTo?: NodeName, 
/**
 * The units whose sites it serves, with all below them, the first ones; none if it serves whoever is left.
 */
branch: Array<NodeUnit>, 
/**
 * How many there are.
 */
units: number, 
/**
 * Whether it is heard.
 */
state: NodeState, 
/**
 * What it told of itself last. While it is not heard this is how it was.
 */
figures?: NodeFigures, 
/**
 * The line to the node above; absent at the top.
 */
line?: NodeLine, };

/**
 * Who sits on a seat.
 */
export type Occupant = { "kind": "site", 
/**
 * The unit whose room it is.
 */
unit: UnitCode, } | { "kind": "person", 
/**
 * The account.
 */
account: AccountId, 
/**
 * The unit the person belongs to.
 */
unit: UnitCode, };

/**
 * How a request ended.
 */
export type Outcome = { "result": "done", 
/**
 * The fact it became, 0 if there was nothing to do.
 */
fact: FactNumber, } | { "result": "refused", 
/**
 * Why.
 */
refusal: Refusal, };

/**
 * Whether a source is there to be seen or heard.
 */
export type Presence = "on" | "off";

/**
 * Which encodings of a source the client must send. Unneeded ones are paused.
 */
export type PublishDemand = "paused" | "low" | "medium" | "high";

/**
 * What a client may send.
 */
export type PublishSource = "microphone" | "camera" | "screen" | "screenAudio";

/**
 * One registration to speak.
 */
export type QueueEntry = { 
/**
 * Who.
 */
seat: SeatId, 
/**
 * What about.
 */
topic?: BoundedText, 
/**
 * Since when.
 */
since: UtcSeconds, };

/**
 * Why something was not done.
 */
export type Refusal = "malformed" | "tooLarge" | "rateLimited" | "helloExpected" | "versionMismatch" | "signedOut" | "wrongCredential" | "lockedOut" | "passwordChangeRequired" | "weakPassword" | "ticketInvalid" | "notInvited" | "removed" | "notAllowed" | "outsideScope" | "microphoneLocked" | "noSuchMeeting" | "noSuchSeat" | "noSuchUnit" | "noSuchAccount" | "nameTaken" | "notStarted" | "ended" | "notConnected" | "presenterBusy" | "apart" | "notApart" | "noSuchBranch" | "full" | "offerRejected" | "parentAway" | "internal";

/**
 * Number a client gives a request; grows by one per request within a seat's session and makes it idempotent.
 */
export type RequestId = number;

/**
 * Lets a client come back to its seat after its connection broke. Replaced at each use.
 */
export type ResumeToken = string & { readonly __secret: "Resume" };

/**
 * Whether a returning client missed nothing.
 */
export type Resumed = "fresh" | "caught";

/**
 * What a seat is in its meeting.
 */
export type Role = "chair" | "secretary" | "operator" | "site" | "delegate" | "viewer";

/**
 * One seat of a meeting: a site or a person, whatever connection it is heard by today.
 */
export type SeatId = string & { readonly __id: "Seat" };

/**
 * One seat as everybody sees it. Of a seat that sits elsewhere the microphone, the camera and the leave to present are
 * not told: whatever stands there means nothing.
 */
export type SeatView = { 
/**
 * The seat.
 */
seat: SeatId, 
/**
 * Who sits there.
 */
occupant: Occupant, 
/**
 * The name to show: the unit's valid name, or the person's with position.
 */
name: string, 
/**
 * A second line: for a site its parent's name, for a person the unit.
 */
detail: string, 
/**
 * The unit's tier.
 */
tier: TierCode, 
/**
 * The unit's parent, for showing seats as a tree.
 */
parent: UnitCode | null, 
/**
 * The role.
 */
role: Role, 
/**
 * Position in the invitation: protocol order.
 */
order: number, 
/**
 * How it is connected.
 */
connection: Connection, 
/**
 * Its microphone.
 */
microphone: Microphone, 
/**
 * Whether its camera is on.
 */
camera: boolean, 
/**
 * Whether it may present without being asked.
 */
mayPresent: boolean, 
/**
 * The branch it sits apart with; absent in the plenary.
 */
branch?: UnitCode, };

/**
 * One frame from a node.
 */
export type ServerFrame = { 
/**
 * What is so.
 */
message: ServerMessage, };

/**
 * What is so.
 */
export type ServerMessage = { "type": "welcome" } & Welcome | { "type": "snapshot" } & Snapshot | { "type": "changed", 
/**
 * The last fact that is wholly told with it: of a change too large for one frame, the parts before the
 * last carry the number from before it.
 */
fact: FactNumber, 
/**
 * The new values.
 */
changes: Array<Change>, } | { "type": "reply", 
/**
 * Which request.
 */
re: RequestId, 
/**
 * How it ended.
 */
outcome: Outcome, } | { "type": "slots", 
/**
 * The slots.
 */
slots: Array<SlotState>, } | { "type": "publish", 
/**
 * Of which source.
 */
source: PublishSource, 
/**
 * Which encodings.
 */
demand: PublishDemand, } | { "type": "speaking", 
/**
 * At most three seats.
 */
seats: Array<SeatId>, } | { "type": "lines", 
/**
 * Seat and word.
 */
lines: Array<[SeatId, LineQuality]>, } | { "type": "pong", 
/**
 * The node's clock.
 */
serverTime: UtcSeconds, } | { "type": "bye" } & Bye;

/**
 * `GET /api/v1/session`: who is signed in.
 */
export type SessionView = { 
/**
 * The account.
 */
account: AccountId, 
/**
 * What it is.
 */
kind: AccountKind, 
/**
 * The name to show.
 */
name: string, 
/**
 * Its unit.
 */
unit: UnitCode, 
/**
 * Its unit's name.
 */
unitName: string, 
/**
 * What it may do and where.
 */
grants: Array<GrantView>, 
/**
 * Whether the password must be changed before anything else.
 */
mustChangePassword: boolean, };

/**
 * `PUT /api/v1/accounts/{id}/state`: answered by the [`AccountView`].
 */
export type SetAccountState = { 
/**
 * What it is to be.
 */
state: AccountState, };

/**
 * `POST /api/v1/session`
 */
export type SignIn = { "kind": "person", 
/**
 * The account's name.
 */
username: string, 
/**
 * The password.
 */
password: string, } | { "kind": "site", 
/**
 * The site code: its unit's code.
 */
code: string, 
/**
 * The secret issued for it.
 */
secret: string, };

/**
 * One site account as an administrator sees it.
 */
export type SiteAccountView = { 
/**
 * The unit whose room it is; its code is the site code.
 */
unit: UnitCode, 
/**
 * When the present secret was issued.
 */
issued: UtcSeconds, };

/**
 * A place in the receive pool (design.md section 3).
 */
export type SlotName = { "kind": "audio", 
/**
 * 0 to 2.
 */
index: number, } | { "kind": "floorAudio", } | { "kind": "programme", } | { "kind": "slides", } | { "kind": "mosaic", 
/**
 * 0 is the first.
 */
index: number, };

/**
 * What fills one slot.
 */
export type SlotState = { 
/**
 * The slot.
 */
slot: SlotName, 
/**
 * The m-line that carries it.
 */
mid: Mid, 
/**
 * Whose source fills it; absent while empty.
 */
seat?: SeatId, 
/**
 * Which source.
 */
source?: PublishSource, 
/**
 * The slot's RTP timestamp from which this holds: the name plate flips with the picture.
 */
rtpTimestamp: number, };

/**
 * One slot's wish in a view.
 */
export type SlotWish = { 
/**
 * Which mosaic slot.
 */
index: number, 
/**
 * Whose camera.
 */
seat: SeatId, 
/**
 * How tall it is shown, device pixels.
 */
height: number, };

/**
 * Part of a meeting's state; the parts of one snapshot carry the same fact number.
 */
export type Snapshot = { 
/**
 * The last fact in it.
 */
fact: FactNumber, 
/**
 * This part, from 1.
 */
page: number, 
/**
 * How many parts.
 */
of: number, 
/**
 * The common part, the same in every page.
 */
meeting: MeetingView, 
/**
 * Some seats.
 */
seats: Array<SeatView>, };

/**
 * Opens one WebSocket for one seat: valid once, for a minute.
 */
export type Ticket = string & { readonly __secret: "Ticket" };

/**
 * `POST /api/v1/meetings/{id}/ticket`
 */
export type TicketIssued = { 
/**
 * For the hello.
 */
ticket: Ticket, 
/**
 * Whether another device of the same seat is connected now and would be replaced.
 */
replaces: boolean, };

/**
 * A tier's code, as the unit file names it.
 */
export type TierCode = string & { readonly __id: "Tier" };

/**
 * One tier, from the unit file. Depth and names are data.
 */
export type TierView = { 
/**
 * Its code.
 */
code: TierCode, 
/**
 * Its name ("Cấp xã").
 */
name: string, };

/**
 * A unit's official code. Unique in the whole tree.
 */
export type UnitCode = string & { readonly __id: "Unit" };

/**
 * `GET /api/v1/units`: the units valid today, parents before children, siblings in protocol order.
 */
export type UnitList = { 
/**
 * The tiers, highest first.
 */
tiers: Array<TierView>, 
/**
 * The units.
 */
units: Array<UnitView>, };

/**
 * One unit.
 */
export type UnitView = { 
/**
 * Its code.
 */
code: UnitCode, 
/**
 * Its name, with its type ("Xã Tân An").
 */
name: string, 
/**
 * Its tier.
 */
tier: TierCode, 
/**
 * Its parent; absent at the root.
 */
parent?: UnitCode, 
/**
 * Position among its siblings: protocol order.
 */
order: number, };

/**
 * Wall time on the wire: whole seconds since 1970 UTC, good until 2106. Facts keep milliseconds in the store.
 */
export type UtcSeconds = number;

/**
 * Everything a client wants to see, always whole.
 */
export type ViewWish = { 
/**
 * How much it wants to receive.
 */
profile: MediaProfile, 
/**
 * Height of the programme picture in device pixels, 0 when it is not shown.
 */
programmeHeight: number, 
/**
 * Height of the slides in device pixels, 0 when they are not shown.
 */
slidesHeight: number, 
/**
 * The small pictures.
 */
mosaic: Array<SlotWish>, };

/**
 * The answer to a hello.
 */
export type Welcome = { 
/**
 * The version both speak.
 */
version: number, 
/**
 * Who the client is.
 */
you: You, 
/**
 * What follows.
 */
resumed: Resumed, 
/**
 * For coming back; also the bearer of `POST /api/v1/rtc`.
 */
resumeToken: ResumeToken, 
/**
 * The highest request number already done for this seat's session; continue above it.
 */
lastRequest: RequestId, 
/**
 * The node's clock.
 */
serverTime: UtcSeconds, 
/**
 * The wire's bounds.
 */
limits: Limits, };

/**
 * Who the client is in this meeting.
 */
export type You = { 
/**
 * Its seat.
 */
seat: SeatId, 
/**
 * Its role.
 */
role: Role, 
/**
 * What it may do.
 */
actions: Array<Action>, };
