//! Rights that are taken away while somebody sits by them.

use super::harness::{World, person, site, unit};
use crate::{Account, Answer, CallId, Holder, Input, Rights, SignInId};
use signaling_protocol::{
    AccountId, ByeReason, ClientMessage, Connection, Credential, FactNumber, GrantRole, GrantView, Refusal,
    Role, SeatId,
};

fn room(code: &str) -> Holder {
    Holder::Site { unit: unit(code) }
}

fn somebody(id: &str) -> Holder {
    Holder::Person { account: AccountId::parse(id).unwrap() }
}

fn recheck(world: &mut World, holder: Holder, rights: Rights) {
    let call = CallId(900_000);
    world.input(Input::Recheck { call, changed: [(holder, rights)].into() });
    assert_eq!(world.take_answer(call), Ok(Answer::Done), "whoever asked is told when it is done");
}

fn with(account: &Account, role: GrantRole) -> Account {
    Account { grants: vec![GrantView { role, unit: unit("T1") }], ..account.clone() }
}

#[test]
fn a_site_whose_code_is_revoked_is_out_at_once_and_its_tokens_never_count_again() {
    let (mut world, mut chair, mut sites) = World::running();
    world.ask(&mut chair, ClientMessage::InviteToSpeak { seat: sites[0].seat.clone() }).unwrap();
    let unused = world.ticket(&site("X01")).unwrap();
    recheck(&mut world, room("X01"), Rights::SignedOut);
    assert_eq!(world.bye(sites[0].connection), Some(ByeReason::Revoked));
    assert!(!world.sfu.peers.contains_key(&sites[0].peer.unwrap()), "its media is gone too");
    let (view, seats) = world.picture(chair.connection);
    assert_eq!((view.floor, view.stage), (None, None), "what it held is free");
    assert!(matches!(seats[&sites[0].seat].connection, Connection::Left { .. }));
    let ticket = Credential::Ticket { ticket: unused };
    assert_eq!(world.hello(ticket).1.err(), Some(Refusal::TicketInvalid));
    let mut old = sites[0].clone();
    assert_eq!(world.resume(&mut old, FactNumber(1)), Err(Refusal::TicketInvalid));

    // The others notice nothing but that it left.
    assert_eq!((world.counter("seats_revoked"), world.closed.len()), (1, 1 + 2));
    world.ask(&mut sites[1], ClientMessage::RegisterToSpeak { topic: None }).unwrap();
    world.resume(&mut sites[2], FactNumber(1)).unwrap();

    // With its new code the site has its seat again, and the old token is still none, over a restart too.
    let back = world.join(&site("X01"));
    assert_eq!(back.seat, sites[0].seat);
    assert_eq!(world.resume(&mut old, FactNumber(1)), Err(Refusal::TicketInvalid));
    let mut again = World::restarted(&world.stored);
    assert_eq!(again.resume(&mut old, FactNumber(1)), Err(Refusal::TicketInvalid));
    let mut back = back;
    again.resume(&mut back, FactNumber(1)).unwrap();
}

#[test]
fn a_seat_whose_line_is_broken_just_now_does_not_come_back_either() {
    let (mut world, _chair, sites) = World::running();
    let mut lost = sites[3].clone();
    world.close(lost.connection);
    recheck(&mut world, room("X04"), Rights::SignedOut);
    assert_eq!(world.resume(&mut lost, FactNumber(1)), Err(Refusal::TicketInvalid));
    let stored = world.stored.len();
    recheck(&mut world, room("X04"), Rights::SignedOut);
    recheck(&mut world, room("Z99"), Rights::SignedOut);
    assert_eq!(world.stored.len(), stored, "who is out is not put out again");
}

#[test]
fn a_person_keeps_the_seat_only_while_the_grants_give_its_role() {
    let (mut world, ..) = World::running();
    let officer = person("officer", GrantRole::Operator, "T1");
    let here = world.join(&officer);
    let grants = |role| Rights::Granted(with(&officer, role).grants);
    let more: Vec<GrantView> = [with(&officer, GrantRole::Convener).grants, officer.grants.clone()].concat();
    recheck(&mut world, somebody("officer"), Rights::Granted(more));
    assert_eq!(world.bye(here.connection), None, "a right more takes nothing away");

    recheck(&mut world, somebody("officer"), grants(GrantRole::Viewer));
    assert_eq!(world.bye(here.connection), Some(ByeReason::Revoked));
    let mut here = world.join(&with(&officer, GrantRole::Viewer));
    let seats = world.picture(here.connection).1;
    assert_eq!(seats[&here.seat].role, Role::Viewer, "the same seat in its new role");
    assert_eq!(world.ask(&mut here, ClientMessage::ClearStage {}), Err(Refusal::NotAllowed));

    recheck(&mut world, somebody("officer"), Rights::Granted(Vec::new()));
    assert_eq!(world.bye(here.connection), Some(ByeReason::Revoked));
    let nothing = Account { grants: Vec::new(), ..officer.clone() };
    assert_eq!(world.ticket(&nothing), Err(Refusal::NotInvited), "the seat it had is no right");
    let mut again = World::restarted(&world.stored);
    assert_eq!(again.ticket(&nothing), Err(Refusal::NotInvited));
    let back = again.join(&officer);
    assert_eq!(back.seat, here.seat);
    let welcome_role = again.picture(back.connection).1[&back.seat].role;
    assert_eq!(welcome_role, Role::Operator);
}

#[test]
fn whoever_is_named_for_the_meeting_needs_no_grant() {
    let (mut world, chair, _sites) = World::running();
    recheck(&mut world, somebody("chair"), Rights::Granted(Vec::new()));
    assert_eq!(world.bye(chair.connection), None, "who convened it chairs it");
    recheck(&mut world, somebody("chair"), Rights::SignedOut);
    assert_eq!(world.bye(chair.connection), Some(ByeReason::Revoked), "a reset password is no exception");
}

#[test]
fn a_removed_person_is_invited_back_like_a_site() {
    let (mut world, mut chair, sites) = World::running();
    let guest = person("guest", GrantRole::Delegate, "X01");
    let there = world.join(&guest);
    for (who, account) in [(&there, guest.clone()), (&sites[4], site("X05"))] {
        let seat = who.seat.clone();
        let back = ClientMessage::InviteBack { seat: seat.clone() };
        let before = world.stored.len();
        world.ask(&mut chair, back.clone()).unwrap();
        assert_eq!(world.stored.len(), before, "who is here is invited already");
        world.ask(&mut chair, ClientMessage::RemoveSeat { seat: seat.clone() }).unwrap();
        assert_eq!(world.ticket(&account), Err(Refusal::Removed));
        world.ask(&mut chair, back).unwrap();
        let mut old = who.clone();
        assert_eq!(
            world.resume(&mut old, FactNumber(1)),
            Err(Refusal::TicketInvalid),
            "not by the old token"
        );
        assert_eq!(world.join(&account).seat, seat);
    }
    let mut site = sites[6].clone();
    let own = ClientMessage::InviteBack { seat: there.seat };
    assert_eq!(world.ask(&mut site, own), Err(Refusal::NotAllowed));
    let nobody = SeatId::parse("s999").unwrap();
    let nobody = ClientMessage::InviteBack { seat: nobody };
    assert_eq!(world.ask(&mut chair, nobody), Err(Refusal::NoSuchSeat));
}

#[test]
fn whoever_changes_the_own_password_stays_and_the_other_sign_ins_are_out() {
    let (mut world, mut chair, _) = World::running();
    let by = |number| Account { sign_in: SignInId(number), ..person("officer", GrantRole::Operator, "T1") };
    let kept = |number| Rights::GrantedTo(vec![SignInId(number)], by(number).grants);
    let mut officer = world.join(&by(7));
    let (own, foreign) = (world.ticket(&by(7)).unwrap(), world.ticket(&by(8)).unwrap());
    recheck(&mut world, somebody("officer"), kept(7));
    assert_eq!((world.bye(officer.connection), world.counter("seats_revoked")), (None, 0));
    world.ask(&mut officer, ClientMessage::PutOnStage { seat: chair.seat.clone() }).unwrap();
    let refused = world.hello(Credential::Ticket { ticket: foreign }).1.err();
    assert_eq!(refused, Some(Refusal::TicketInvalid), "a ticket of another browser");
    world.resume(&mut officer, FactNumber(1)).unwrap();
    // A token says by which sign-in its seat was come to, so a restart changes nothing.
    let mut again = World::restarted(&world.stored);
    let mut back = officer.clone();
    again.resume(&mut back, FactNumber(1)).unwrap();
    recheck(&mut again, somebody("officer"), kept(7));
    assert_eq!(again.bye(back.connection), None);

    // The other browser took the seat over; then this one changes the password.
    let other = world.join(&by(8));
    assert_eq!(other.seat, officer.seat);
    recheck(&mut world, somebody("officer"), kept(7));
    assert_eq!(world.bye(other.connection), Some(ByeReason::Revoked));
    assert_eq!(world.hello(Credential::Ticket { ticket: own }).1.err(), None, "and comes back by its ticket");
    world.ask(&mut chair, ClientMessage::ClearStage {}).unwrap();

    // A grant that is gone is gone for the one that stays too.
    recheck(&mut world, somebody("officer"), Rights::GrantedTo(vec![SignInId(7)], Vec::new()));
    assert_eq!(world.counter("seats_revoked"), 2);
}

#[test]
fn a_site_that_has_signed_in_by_its_new_code_already_keeps_its_seat() {
    let (mut world, _, _) = World::running();
    let by = |number| Account { sign_in: SignInId(number), ..site("X09") };
    let (old, new) = (world.join(&by(7)), world.join(&by(8)));
    assert_eq!(world.bye(old.connection), Some(ByeReason::Replaced));
    let ticket = world.ticket(&by(7)).unwrap();
    recheck(&mut world, room("X09"), Rights::GrantedTo(vec![SignInId(8)], Vec::new()));
    assert_eq!((world.bye(new.connection), world.counter("seats_revoked")), (None, 0));
    assert_eq!(world.hello(Credential::Ticket { ticket }).1.err(), Some(Refusal::TicketInvalid));
}
