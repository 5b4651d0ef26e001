//! The TypeScript of every type of this crate, as one file. It is written by `cargo xtask codegen` and never
//! edited; a test fails when the committed file is stale.

use crate::{
    AccountView, ApiError, ChangePassword, ClientFrame, CreateAccount, CreateMeeting, IssuedSecret,
    MeetingList, NodeMap, PROTOCOL_VERSION, ServerFrame, SessionView, SetAccountState, SignIn,
    SiteAccountView, TicketIssued, UnitList, WIRE_LIMITS,
};
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use ts_rs::{Config, TS, TypeVisitor};

const HEADER: &str = "\
// Written by `cargo xtask codegen` from signaling/protocol. Do not edit: change the Rust types instead.
";

/// The whole of `generated.ts`. The same types always give the same text.
pub fn typescript() -> String {
    let mut collected =
        Collected { config: Config::new(), seen: HashSet::new(), declarations: BTreeMap::new() };
    collected.visit::<ClientFrame>();
    collected.visit::<ServerFrame>();
    collected.visit::<ApiError>();
    collected.visit::<SignIn>();
    collected.visit::<SessionView>();
    collected.visit::<ChangePassword>();
    collected.visit::<UnitList>();
    collected.visit::<CreateMeeting>();
    collected.visit::<MeetingList>();
    collected.visit::<TicketIssued>();
    collected.visit::<AccountView>();
    collected.visit::<CreateAccount>();
    collected.visit::<SetAccountState>();
    collected.visit::<SiteAccountView>();
    collected.visit::<IssuedSecret>();
    collected.visit::<NodeMap>();
    let mut file = String::from(HEADER);
    // Writing to a String cannot fail.
    let _ = write!(file, "\nexport const PROTOCOL_VERSION = {PROTOCOL_VERSION};\n");
    let _ = write!(file, "\nexport const WIRE_LIMITS: Limits = {};\n", limits());
    for declaration in collected.declarations.values() {
        let _ = write!(file, "\n{declaration}\n");
    }
    file
}

/// The limits as an object literal, in the order of their declaration.
fn limits() -> String {
    let limits = WIRE_LIMITS;
    format!(
        "{{\n  frameBytes: {},\n  requestsPerSecond: {},\n  silenceMs: {},\n  offerBytes: {},\n  mosaicSlots: {},\n  pageSeats: {},\n}}",
        limits.frame_bytes,
        limits.requests_per_second,
        limits.silence_ms,
        limits.offer_bytes,
        limits.mosaic_slots,
        limits.page_seats,
    )
}

/// Every named type reachable from the roots, each once, by name.
struct Collected {
    config: Config,
    seen: HashSet<TypeId>,
    declarations: BTreeMap<String, String>,
}

impl TypeVisitor for Collected {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Types without an output path are TypeScript's own (string, number, arrays): only their parts count.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}", T::decl(&self.config));
            self.declarations.insert(T::ident(&self.config), declaration);
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_each_type_once_and_nothing_wider_than_a_number() {
        let file = typescript();
        assert!(!file.contains("bigint"));
        for name in ["ClientFrame", "ServerMessage", "Change", "Refusal", "SeatView", "CreateMeeting"] {
            assert_eq!(file.matches(&format!("export type {name} =")).count(), 1, "{name}");
        }
        assert_eq!(file, typescript());
    }

    #[test]
    fn committed_file_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web-client/src/protocol/generated.ts");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let fresh = typescript();
        if committed != fresh {
            std::fs::write(path, &fresh).unwrap();
            panic!("generated.ts was stale and has been written again: look at the difference and commit it");
        }
    }
}
