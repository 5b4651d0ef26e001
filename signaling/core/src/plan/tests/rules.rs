//! What a plan says of lines, relays and mistakes.

use super::*;

#[test]
fn a_relay_where_nobody_is_harms_or_gains_nothing() {
    // A neighbourhood relay in a hall: the neighbourhoods are not behind its line.
    let units = units(&[1]);
    let hall = |mbps| {
        let links =
            vec![link("r0", "network", mbps), sites("r0", SitePlace::Network), link("top", "network", 1_000)];
        star(1, links)
    };
    let full = ProfileMix::only(Profile::Full);
    let meeting = Scenario { mix: full, meeting: Some(code("X0-0")), ..Scenario::preset(ScenarioName::S1) };
    let thin = plan(&units, &hall(50), &meeting);
    assert_eq!(relay(&thin, "r0").verdict, RelayVerdict::Harms);
    near(relay(&thin, "r0").own_line.mbps(), 78.0, 0.5);
    assert_eq!((access(&thin, "r0").fit, thin.fit()), (Fit::Over, Fit::Over));

    // The same with 25 units around an office: acceptable on 200 Mbit/s, not on 100.
    let units = self::units(&[25]);
    let meeting = Scenario { meeting: Some(code("H0")), extra: 0, ..Scenario::preset(ScenarioName::S2) };
    let wide = plan(&units, &hall(200), &meeting);
    near(access(&wide, "r0").up.mbps(), 72.0, 0.5);
    assert_eq!((relay(&wide, "r0").verdict, access(&wide, "r0").fit), (RelayVerdict::NoGain, Fit::Fits));
    let narrow = plan(&units, &hall(100), &meeting);
    assert_eq!((relay(&narrow, "r0").verdict, access(&narrow, "r0").fit), (RelayVerdict::Harms, Fit::Tight));
}

#[test]
fn a_relay_among_its_sites_helps() {
    let units = units(&[30, 30]);
    let links = vec![
        link("r0", "top", 50),
        link("r0", "network", 50),
        sites("r0", SitePlace::Local),
        link("r1", "top", 50),
        link("r1", "network", 1_000),
    ];
    let plan = plan(&units, &star(2, links), &bare(ScenarioName::S3));
    for name in ["r0", "r1"] {
        let relay = relay(&plan, name);
        assert_eq!(relay.verdict, RelayVerdict::Helps, "{relay:?}");
        near(relay.link_without.mbps(), 31.0 * 2.882, 0.1);
        near(relay.link_with.mbps(), 2.9, 0.05);
    }
    near(access(&plan, "r0").up.mbps(), 0.0, 0.01);
    near(access(&plan, "r1").up.mbps(), 31.0 * 2.882, 0.1);
    // One site gains nothing from a relay of its own.
    let single = super::plan(&self::units(&[0]), &star(1, Vec::new()), &bare(ScenarioName::S3));
    assert_eq!(relay(&single, "r0").verdict, RelayVerdict::NoGain);
}

#[test]
fn a_link_carries_one_copy_of_each_size_that_is_wanted() {
    let units = units(&[20, 20]);
    let mix = ProfileMix::parse("full=50,saver=25,stills=25").unwrap();
    let plan = plan(&units, &star(2, Vec::new()), &Scenario { mix, ..bare(ScenarioName::S3) });
    // M, L, single pictures, both sizes of slides, two voices.
    near(line(&plan, "r0").down.kbps, (1_500.0 + 450.0 + 100.0 + 1_000.0 + 400.0 + 120.0) * 1.1, 0.01);
    // Called: all that without the second voice, as somebody outside wants each.
    near(
        line(&plan, "r0").called.unwrap().kbps,
        (1_500.0 + 450.0 + 100.0 + 1_000.0 + 400.0 + 60.0) * 1.1,
        0.01,
    );
}

#[test]
fn a_cluster_at_the_top_carries_one_copy_to_each_of_its_nodes() {
    let units = units(&[40, 40]);
    let mut nodes = vec![entry("a", None, &[]), entry("b", None, &[]), entry("c", None, &[])];
    for one in &mut nodes {
        one.cluster = Some(name("top"));
    }
    nodes.push(entry("r0", Some("b"), &["H0"]));
    let tree = NodeTree::build(nodes, Vec::new()).unwrap();
    let plan = plan(&units, &tree, &bare(ScenarioName::S3));
    let between: Vec<f64> = plan.lines.iter().map(|line| (line.down + line.up).mbps()).collect();
    assert_eq!(between.len(), 3, "two of the three pairs, and the relay");
    for load in between {
        near(load, 2.9, 0.05);
    }
    let sites: Vec<u32> = plan.nodes.iter().map(|node| node.sites).collect();
    assert_eq!(sites.iter().sum::<u32>(), 83);
    assert!(sites.iter().all(|count| *count > 5), "{sites:?}");
}

#[test]
fn caps_decide_and_what_is_not_known_is_said() {
    let units = units(&[30]);
    let with = |links| plan(&units, &star(1, links), &bare(ScenarioName::S3));
    assert_eq!(line(&with(Vec::new()), "r0").fit, Fit::Unknown);
    let capped = |mbps, cap_percent| {
        let link = LinkEntry { cap_percent, ..link("r0", "top", mbps) };
        line(&with(vec![link]), "r0").fit
    };
    // The branch sends 2.8 Mbit/s up when it is called, and receives 2.9.
    assert_eq!((capped(5, 100), capped(4, 100), capped(2, 100)), (Fit::Fits, Fit::Tight, Fit::Over));
    assert_eq!((capped(10, 50), capped(10, 40), capped(10, 20)), (Fit::Fits, Fit::Tight, Fit::Over));
    let weak =
        NodeTree::build(vec![NodeEntry { cores: Some(1), ..entry("top", None, &[]) }], Vec::new()).unwrap();
    let country = plan(&self::units(&[100; 10]), &weak, &bare(ScenarioName::S5));
    assert_eq!(
        country.fit(),
        Fit::Over,
        "a thousand sites on one processor: {:?}",
        country.nodes[0].cores_needed
    );
}

#[test]
fn processors_follow_what_was_measured() {
    // The points the line was drawn through, in microseconds a second: 125 packets in, to 10, 100 and 400.
    for (audience, micros) in [(10.0, 9.3), (100.0, 5.6), (400.0, 5.2)] {
        let load = |packets| Load { kbps: 0.0, packets };
        let cores = cost::cores(load(125.0), load(125.0 * audience), 0);
        near(cores * 1e6 / (125.0 * audience), micros, 0.15);
    }
}

#[test]
fn what_cannot_be_planned_is_said() {
    let units = units(&[2]);
    let with = |change: fn(&mut Scenario)| {
        let mut scenario = bare(ScenarioName::S3);
        change(&mut scenario);
        planned(&units, &alone(), &scenario).unwrap_err()
    };
    assert_eq!(with(|one| one.meeting = Some(code("Z"))), PlanError::UnknownUnit(code("Z")));
    assert_eq!(with(|one| one.stage = Some(code("Z"))), PlanError::NotInvited(code("Z")));
    assert_eq!(with(|one| one.tiers = vec![tier("z")]), PlanError::Nobody);
    assert_eq!(planned(&UnitTree::default(), &alone(), &bare(ScenarioName::S1)), Err(PlanError::Nobody));
    for (text, error) in [
        ("", MixError::Form),
        ("full", MixError::Form),
        ("full=x", MixError::Form),
        ("big=100", MixError::Form),
        ("full=50,full=50", MixError::Form),
        ("full=50,saver=49", MixError::Sum(99)),
    ] {
        assert_eq!(ProfileMix::parse(text), Err(error), "{text}");
    }
}

#[test]
fn a_mix_is_dealt_evenly() {
    let mix = ProfileMix::parse("full=70,saver=20,stills=10").unwrap();
    let mut deal = mix.deal();
    let dealt: Vec<Profile> = (0..160).map(|_| deal()).collect();
    for stretch in dealt.chunks(10) {
        let count = |profile| stretch.iter().filter(|one| **one == profile).count();
        assert_eq!((count(Profile::Full), count(Profile::Saver), count(Profile::Stills)), (7, 2, 1));
    }
}

#[test]
fn a_count_is_held_against_its_prediction() {
    let units = units(&[15; 2]);
    let plan = plan(&units, &star(2, Vec::new()), &bare(ScenarioName::S3));
    let measured = |from: &str, to: &str, kbps: u64| Measured {
        from: from.to_owned(),
        to: to.to_owned(),
        seconds: 60,
        bytes: kbps * 125 * 60,
    };
    let told = plan.compare(&[
        measured("top", "r0", 2_882),
        measured("top", "r1", 3_200),
        measured("r0", "top", 20),
        measured("r1", "top", 200),
        measured("top", "r9", 0),
    ]);
    let agrees: Vec<bool> = told.iter().map(|one| one.agrees).collect();
    assert_eq!(agrees, [true, false, true, false, false]);
    near(told[1].differs_percent.unwrap(), 11.0, 0.1);
}

#[test]
fn the_clients_ladder_is_what_the_client_sends() {
    let text = include_str!("../../../../../web-client/src/media/encodings.ts");
    let rates = |list: &str| -> Vec<u32> {
        let body = text.split(list).nth(1).unwrap().split("];").next().unwrap();
        let after = body.split("maxBitrate: ").skip(1);
        after
            .map(|rest| rest.split(',').next().unwrap().replace('_', "").parse::<u32>().unwrap() / 1_000)
            .collect()
    };
    let Ladder { thumbnail, low, medium, high, slides, slides_saver, .. } = Ladder::CLIENT;
    assert_eq!(rates("CAMERA_ENCODINGS"), [thumbnail, low, medium]);
    assert_eq!(
        (high, slides_saver),
        (medium, slides),
        "the client has no larger picture and one size of slides"
    );
    assert_eq!(rates("SCREEN_ENCODINGS").last(), Some(&slides));
    // Planning leaves room above every picture the client can send.
    let planning = Ladder::PLANNING;
    assert!(planning.thumbnail >= thumbnail && planning.low >= low && planning.medium >= medium);
}
