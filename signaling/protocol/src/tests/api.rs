//! Bodies of the HTTP API, at least one sample per type that travels alone.

use super::golden::{Golden, Variants, Writer, all, one_per_variant, variants};
use super::sample::{NOW, STARTS, account, commune, meeting_id, other_commune, province, tier, title};
use crate::{
    AccountKind, AccountState, AccountView, ApiError, BoundedText, ChangePassword, CreateAccount,
    CreateMeeting, GrantRole, GrantView, IssuedSecret, LineFlow, LineWay, MeetingKind, MeetingList,
    MeetingPhase, MeetingStaff, MeetingSummary, NodeFigures, NodeLine, NodeLoss, NodeMap, NodeName,
    NodeState, NodeUnit, NodeView, Refusal, Role, SessionView, SetAccountState, SignIn, SiteAccountView,
    Ticket, TicketIssued, TierView, UnitList, UnitView, typescript,
};
use std::collections::BTreeSet;

variants!(SignIn: Person, Site);

pub(super) fn goldens() -> Vec<Golden> {
    let mut goldens = requests();
    goldens.extend(responses());
    goldens
}

fn requests() -> Vec<Golden> {
    let client = Writer::Client;
    let sign_ins = [
        SignIn::Person { username: "van.phong".to_owned(), password: "golden password".to_owned() },
        SignIn::Site { code: "90001".to_owned(), secret: "golden-site-secret".to_owned() },
    ];
    let mut goldens = one_per_variant("api/signIn", "/kind", client, sign_ins, |sign_in| sign_in);
    let password = ChangePassword { current: "golden first".to_owned(), new: "golden second".to_owned() };
    goldens.push(Golden::of("api/changePassword.json", client, &password));
    goldens.push(Golden::of("api/createMeeting.json", client, &create_meeting()));
    goldens.push(Golden::of("api/createAccount.json", client, &create_account()));
    goldens.push(Golden::of("api/replaceGrants.json", client, &grants()));
    let disable = SetAccountState { state: AccountState::Disabled };
    goldens.push(Golden::of("api/setAccountState.json", client, &disable));
    goldens
}

fn responses() -> Vec<Golden> {
    let node = Writer::Node;
    let ticket = TicketIssued { ticket: Ticket::parse("golden-ticket").unwrap(), replaces: true };
    let locked = ApiError {
        refusal: Refusal::LockedOut,
        detail: Some("5 wrong tries".to_owned()),
        retry_after_seconds: Some(300),
    };
    let plain = ApiError { refusal: Refusal::NoSuchMeeting, detail: None, retry_after_seconds: None };
    let sites = vec![SiteAccountView { unit: commune(), issued: NOW }];
    vec![
        Golden::of("api/error.json", node, &plain),
        Golden::of("api/errorWithDetail.json", node, &locked),
        Golden::of("api/session.json", node, &session()),
        Golden::of("api/units.json", node, &units()),
        Golden::of("api/meetings.json", node, &MeetingList { meetings: vec![summary()] }),
        Golden::of("api/meeting.json", node, &summary()),
        Golden::of("api/ticket.json", node, &ticket),
        Golden::of("api/accounts.json", node, &vec![account_view()]),
        Golden::of("api/account.json", node, &account_view()),
        Golden::of("api/siteAccounts.json", node, &sites),
        Golden::of("api/firstPassword.json", node, &first_password()),
        Golden::of("api/siteSecret.json", node, &site_secret()),
        Golden::of("api/nodes.json", node, &node_map()),
    ]
}

fn grants() -> Vec<GrantView> {
    vec![
        GrantView { role: GrantRole::Convener, unit: province() },
        GrantView { role: GrantRole::Administrator, unit: commune() },
    ]
}

fn create_meeting() -> CreateMeeting {
    CreateMeeting {
        meeting: meeting_id(),
        title: title(),
        kind: MeetingKind::Briefing,
        convening_unit: province(),
        starts: STARTS,
        sites: vec![other_commune(), commune()],
        staff: vec![MeetingStaff { account: account(), role: Role::Secretary }],
        no_state_secrets: true,
    }
}

fn create_account() -> CreateAccount {
    CreateAccount {
        username: "van.phong".to_owned(),
        name: BoundedText::parse("Nguyễn Văn A, Chánh Văn phòng").unwrap(),
        unit: province(),
        grants: grants(),
    }
}

fn session() -> SessionView {
    SessionView {
        account: account(),
        kind: AccountKind::Person,
        name: "Nguyễn Văn A, Chánh Văn phòng".to_owned(),
        unit: province(),
        unit_name: "Tỉnh Sông Lành".to_owned(),
        grants: grants(),
        must_change_password: false,
    }
}

/// A root, which has no parent, and a unit below it.
fn units() -> UnitList {
    let unit = |code, name: &str, level, parent, order| UnitView {
        code,
        name: name.to_owned(),
        tier: tier(level),
        parent,
        order,
    };
    let level = |code, name: &str| TierView { code: tier(code), name: name.to_owned() };
    UnitList {
        tiers: vec![level("province", "Cấp tỉnh"), level("commune", "Cấp xã")],
        units: vec![
            unit(province(), "Tỉnh Sông Lành", "province", None, 1),
            unit(commune(), "Xã Tân An", "commune", Some(province()), 3),
        ],
    }
}

fn summary() -> MeetingSummary {
    MeetingSummary {
        meeting: meeting_id(),
        title: title(),
        kind: MeetingKind::Briefing,
        convening_unit: province(),
        convening_name: "Tỉnh Sông Lành".to_owned(),
        starts: STARTS,
        phase: MeetingPhase::Running,
        role: Role::Secretary,
        sites: 2,
        connected: 1,
    }
}

fn account_view() -> AccountView {
    AccountView {
        account: account(),
        username: "van.phong".to_owned(),
        name: "Nguyễn Văn A, Chánh Văn phòng".to_owned(),
        unit: province(),
        state: AccountState::Active,
        grants: grants(),
    }
}

fn first_password() -> IssuedSecret {
    IssuedSecret { login: "van.phong".to_owned(), secret: "golden first".to_owned(), link: None, qr: None }
}

fn site_secret() -> IssuedSecret {
    IssuedSecret {
        login: "90001".to_owned(),
        secret: "golden-site-secret".to_owned(),
        link: Some("https://hop.example/#site=90001.golden-site-secret".to_owned()),
        qr: Some("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned()),
    }
}

/// A node in each state, and a line of which everything is known.
fn node_map() -> NodeMap {
    let name = |text: &str| NodeName::parse(text).unwrap();
    let plain = |text: &str, state| NodeView {
        name: name(text),
        parent: Some(name("dieu-hanh")),
        standby: None,
        attached_to: None,
        branch: vec![NodeUnit { unit: commune(), name: "Xã Tân An".to_owned() }],
        units: 1,
        state,
        figures: None,
        line: Some(NodeLine { capacity_kbps: None, cap_percent: None, class: None, flow: None }),
    };
    let lost = |cause| NodeState::Lost { since: NOW, heard: None, cause };
    let way = |kbps| LineWay {
        kbps: Some(kbps),
        estimate_kbps: Some(180_000),
        lost_permille: Some(3),
        streams: Some(7),
        denied: Some(1),
    };
    let flow = LineFlow { down: way(40_000), up: way(9_000), rtt_ms: Some(21) };
    let top = NodeView {
        parent: None,
        branch: vec![],
        units: 0,
        line: None,
        ..plain("dieu-hanh", NodeState::Top {})
    };
    let figures = NodeFigures {
        people: 151,
        meetings: 2,
        peers: 149,
        processor_percent: Some(37),
        processors: Some(8),
        version: "0.1.0".to_owned(),
    };
    let attached = NodeView {
        standby: Some(name("trung-chau")),
        attached_to: Some(name("trung-chau")),
        figures: Some(figures),
        line: Some(NodeLine {
            capacity_kbps: Some(200_000),
            cap_percent: Some(80),
            class: Some("P-up".to_owned()),
            flow: Some(flow),
        }),
        ..plain("thuong-du", NodeState::Attached { since: STARTS })
    };
    let silent = NodeState::Lost { since: NOW, heard: Some(STARTS), cause: NodeLoss::Silent {} };
    let nodes = vec![
        top,
        attached,
        plain("hai-hop", NodeState::Never {}),
        plain("tho-sa", silent),
        plain("hung-trang", NodeState::Beyond {}),
        plain("tuong-tin", lost(NodeLoss::Resuming {})),
        plain("tay-son", lost(NodeLoss::Version {})),
        plain("dong-son", lost(NodeLoss::Clock { apart_seconds: -61 })),
    ];
    NodeMap { here: name("dieu-hanh"), now: NOW, version: "0.1.0".to_owned(), nodes }
}

/// The types of `generated.ts` that no other type there is made of: the frames and the bodies.
fn roots(generated: &str) -> BTreeSet<String> {
    let code: String = generated.split("*/").filter_map(|part| part.split("/**").next()).collect();
    let mut declared = BTreeSet::new();
    let mut mentioned = BTreeSet::new();
    for declaration in code.split("export type ").skip(1) {
        let (name, body) = declaration.split_once(" = ").unwrap();
        declared.insert(name.to_owned());
        let words = body.split(|letter: char| !letter.is_ascii_alphanumeric());
        mentioned.extend(words.filter(|word| *word != name).map(str::to_owned));
    }
    declared.difference(&mentioned).cloned().collect()
}

#[test]
fn every_type_that_travels_alone_has_a_file() {
    let generated = typescript();
    let travelling = roots(&generated);
    assert!(travelling.contains("ClientFrame") && travelling.contains("SignIn"), "{travelling:?}");
    assert!(!travelling.contains("UnitView") && !travelling.contains("Refusal"), "{travelling:?}");
    let filed: BTreeSet<String> = all().iter().map(|golden| golden.type_name.to_owned()).collect();
    let missing: Vec<_> = travelling.difference(&filed).collect();
    assert!(missing.is_empty(), "no golden file: {missing:?}");
}
