use super::*;
use crate::cli::language::Language;
use crate::cli::{import, plan::words};
use crate::config::NodesFile;
use expect_test::expect;
use signaling_core::plan::{Ladder, Measured, PlanInput, ProfileMix, Scenario, ScenarioName};
use signaling_core::{Day, NodeName, NodeTree};
use std::path::Path;

/// The plan of a ready set.
fn plan(set: &str, sample: &str, name: ScenarioName) -> Plan {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let units = import::look(&configs.join("units").join(sample)).unwrap();
    let nodes = NodesFile::load(&configs.join(set).join("nodes.toml")).unwrap().tree;
    let mut scenario = Scenario::preset(name);
    scenario.mix = ProfileMix::parse("full=80,saver=20").unwrap();
    let day = Day::parse("2026-11-26").unwrap();
    let ladder = &Ladder::PLANNING;
    Plan::make(&PlanInput { units: &units, day, nodes: &nodes, scenario: &scenario, ladder }).unwrap()
}

#[test]
fn a_small_plan_reads_like_this() {
    let plan = plan("relays", "three-tier", ScenarioName::S3);
    expect![[r#"
        Meetings at the same time: 1. Sites: 186. One node alone would send 466 Mbit/s.

        NODES (Mbit/s; cores at the moment when all sites come back at once)
          node        sites   in   out  out pkt/s  cores  of  verdict
          goc           106  5.9   277      35593    0.2   8     fits
          van-nghi       16  5.9  42.6       5434    0.1   4     fits
          thuong-loc     16  3.8  40.5       5227    0.1   4     fits
          phia-dong      48  3.8   120      15453    0.1   4     fits

        LINES (Mbit/s; called: while a site there is on stage and presents)
          line                     down  pkt/s    up  called   cap  used  verdict
          van-nghi – goc            3.8    461   2.1     5.9   160   4 %     fits
          thuong-loc – goc          3.8    461   0.0     5.9  80.0   7 %     fits
          phia-dong – goc           3.8    461   0.0     5.9  80.0   7 %     fits
          goc to the network        5.9    668   277       -  1000  28 %     fits
          van-nghi to the network   5.9    668  42.6       -   200  21 %     fits
          a site at van-nghi        2.9    369   0.0     3.9  35.0  11 %     fits
          a site at phia-dong       2.9    369   0.0     3.9  10.0  39 %     fits
        Down: to the branch, the node or the site.
        Every stream is counted once per line, with 10 % for headers and repair.

        RELAYS: with and without
          van-nghi: helps
              from goc it takes 3.8 Mbit/s, without it 40.5; its own line sends 42.6
              the fullest line: 28 % with it, 31 % without
          thuong-loc: helps
              from goc it takes 3.8 Mbit/s, without it 40.5; its own line sends 40.5
              the fullest line: 28 % with it, 51 % without
          phia-dong: helps
              from goc it takes 3.8 Mbit/s, without it 120; its own line sends 120
              the fullest line: 28 % with it, 149 % without
    "#]]
    .assert_eq(&text(&plan, words::of(Language::En), false));
    expect![[r#"
        Số cuộc họp cùng lúc: 1. Điểm cầu: 186. Nếu chỉ có một máy chủ thì phải gửi 466 Mbit/s.

        MÁY CHỦ (Mbit/s; số lõi tính lúc mọi điểm cầu cùng vào lại)
          máy chủ     điểm cầu  nhận   gửi  gói/s gửi  cần lõi  có  kết luận
          goc              106   5.9   277      35593      0.2   8        đủ
          van-nghi          16   5.9  42.6       5434      0.1   4        đủ
          thuong-loc        16   3.8  40.5       5227      0.1   4        đủ
          phia-dong         48   3.8   120      15453      0.1   4        đủ

        ĐƯỜNG TRUYỀN (Mbit/s; khi mời: lúc một điểm cầu ở đó lên hình và trình chiếu)
          đường truyền            xuống  gói/s   lên  khi mời  hạn mức  dùng  kết luận
          van-nghi – goc            3.8    461   2.1      5.9      160   4 %        đủ
          thuong-loc – goc          3.8    461   0.0      5.9     80.0   7 %        đủ
          phia-dong – goc           3.8    461   0.0      5.9     80.0   7 %        đủ
          goc ra mạng               5.9    668   277        -     1000  28 %        đủ
          van-nghi ra mạng          5.9    668  42.6        -      200  21 %        đủ
          điểm cầu tại van-nghi     2.9    369   0.0      3.9     35.0  11 %        đủ
          điểm cầu tại phia-dong    2.9    369   0.0      3.9     10.0  39 %        đủ
        Xuống: về phía nhánh, máy chủ hoặc điểm cầu.
        Mỗi luồng chỉ tính một lần trên mỗi đường, cộng 10 % phụ trội.

        MÁY CHỦ CHUYỂN TIẾP: khi có và khi không có
          van-nghi: có lợi
              nhận từ goc 3.8 Mbit/s, nếu không có thì 40.5; đường của máy chủ gửi 42.6
              đường đầy nhất: khi có 28 %, khi không có 31 %
          thuong-loc: có lợi
              nhận từ goc 3.8 Mbit/s, nếu không có thì 40.5; đường của máy chủ gửi 40.5
              đường đầy nhất: khi có 28 %, khi không có 51 %
          phia-dong: có lợi
              nhận từ goc 3.8 Mbit/s, nếu không có thì 120; đường của máy chủ gửi 120
              đường đầy nhất: khi có 28 %, khi không có 149 %
    "#]]
    .assert_eq(&text(&plan, words::of(Language::Vi), false));
}

#[test]
fn every_line_fits_a_terminal() {
    let sets =
        [("relays", "three-tier"), ("tiers", "five-tier"), ("cluster", "two-tier"), ("national", "national")];
    for (set, sample) in sets {
        for name in [ScenarioName::S1, ScenarioName::S2, ScenarioName::S5] {
            let plan = plan(set, sample, name);
            for language in [Language::Vi, Language::En] {
                let text = text(&plan, words::of(language), true);
                for line in text.lines() {
                    assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
                }
            }
        }
    }
}

#[test]
fn a_long_plan_shows_the_fullest_and_says_how_many_more() {
    let plan = plan("national", "national", ScenarioName::S5);
    let text = text(&plan, words::of(Language::En), false);
    assert!(text.contains("… and 23 more"), "{text}");
    let nodes = text.lines().skip_while(|line| !line.starts_with("NODES")).skip(2).take(ROWS);
    let sends: Vec<f64> =
        nodes.map(|line| line.split_whitespace().nth(3).unwrap().parse().unwrap()).collect();
    assert!(sends.first() >= sends.last(), "{sends:?}");
}

#[test]
fn a_comparison_names_the_way_that_differs() {
    let units =
        import::look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/units/two-tier")).unwrap();
    let nodes = NodeTree::alone(NodeName::parse("a").unwrap());
    let scenario = Scenario::preset(ScenarioName::S3);
    let day = Day::parse("2026-11-26").unwrap();
    let input =
        PlanInput { units: &units, day, nodes: &nodes, scenario: &scenario, ladder: &Ladder::PLANNING };
    let measured = Measured { from: "a".into(), to: "b".into(), seconds: 10, bytes: 1_250_000 };
    let told = compared(&Plan::make(&input).unwrap().compare(&[measured]), words::of(Language::En));
    expect![[r#"
        PREDICTED AND COUNTED (Mbit/s)
          way    predicted  counted  differs  verdict
          a → b          -    1.000        -  DIFFERS"#]]
    .assert_eq(&told);
}
