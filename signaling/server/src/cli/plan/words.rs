//! What a plan says, in the languages of the product.

use crate::cli::language::Language;

/// The texts of one language. Those with `{}` are filled in order.
pub(super) struct Words {
    /// Meetings, sites, and what one node alone would send.
    pub(super) summary: &'static str,
    pub(super) nodes: &'static str,
    pub(super) node_columns: [&'static str; 8],
    pub(super) lines: &'static str,
    pub(super) line_columns: [&'static str; 8],
    pub(super) relays: &'static str,
    pub(super) no_relays: &'static str,
    /// Unknown, fits, tight, over.
    pub(super) fits: [&'static str; 4],
    /// Helps, no gain, harms.
    pub(super) verdicts: [&'static str; 3],
    /// Parent, with, without, own line.
    pub(super) relay: &'static str,
    /// The fullest line with and without.
    pub(super) fullest: &'static str,
    pub(super) site_of: &'static str,
    pub(super) network: &'static str,
    /// How many more rows.
    pub(super) more: &'static str,
    pub(super) note: &'static str,
    pub(super) unknown: &'static str,
    pub(super) tight: &'static str,
    pub(super) refused: &'static str,
    pub(super) compared: &'static str,
    pub(super) compared_columns: [&'static str; 5],
    pub(super) agrees: [&'static str; 2],
    pub(super) disagrees: &'static str,
}

pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::Vi => &VI,
        Language::En => &EN,
    }
}

const EN: Words = Words {
    summary: "Meetings at the same time: {}. Sites: {}. One node alone would send {} Mbit/s.",
    nodes: "NODES (Mbit/s; cores at the moment when all sites come back at once)",
    node_columns: ["node", "sites", "in", "out", "out pkt/s", "cores", "of", "verdict"],
    lines: "LINES (Mbit/s; called: while a site there is on stage and presents)",
    line_columns: ["line", "down", "pkt/s", "up", "called", "cap", "used", "verdict"],
    relays: "RELAYS: with and without",
    no_relays: "No relays: one place serves everybody.",
    fits: ["unknown", "fits", "tight", "OVER"],
    verdicts: ["helps", "no gain", "HARMS"],
    relay: "from {} it takes {} Mbit/s, without it {}; its own line sends {}",
    fullest: "the fullest line: {} with it, {} without",
    site_of: "a site at {}",
    network: "{} to the network",
    more: "  … and {} more, less full (--all lists them)",
    note: "Down: to the branch, the node or the site.\n\
           Every stream is counted once per line, with 10 % for headers and repair.",
    unknown: "\"unknown\": the nodes file has no capacity or no cores there; add them to have it checked.",
    tight: "Warning: something is more than 70 % full. Predictions are averages;\n\
            leave room, or use --profile-mix with saver.",
    refused: "the plan does not fit: something above is over its cap;\n\
              add a relay, raise a cap or use --profile-mix with saver",
    compared: "PREDICTED AND COUNTED (Mbit/s)",
    compared_columns: ["way", "predicted", "counted", "differs", "verdict"],
    agrees: ["agrees", "DIFFERS"],
    disagrees: "prediction and count differ by more than 10 % where the table says so, or nothing was counted",
};

const VI: Words = Words {
    summary: "Số cuộc họp cùng lúc: {}. Điểm cầu: {}. Nếu chỉ có một máy chủ thì phải gửi {} Mbit/s.",
    nodes: "MÁY CHỦ (Mbit/s; số lõi tính lúc mọi điểm cầu cùng vào lại)",
    node_columns: ["máy chủ", "điểm cầu", "nhận", "gửi", "gói/s gửi", "cần lõi", "có", "kết luận"],
    lines: "ĐƯỜNG TRUYỀN (Mbit/s; khi mời: lúc một điểm cầu ở đó lên hình và trình chiếu)",
    line_columns: ["đường truyền", "xuống", "gói/s", "lên", "khi mời", "hạn mức", "dùng", "kết luận"],
    relays: "MÁY CHỦ CHUYỂN TIẾP: khi có và khi không có",
    no_relays: "Không có máy chủ chuyển tiếp: một nơi phục vụ tất cả.",
    fits: ["chưa rõ", "đủ", "gần đầy", "QUÁ TẢI"],
    verdicts: ["có lợi", "không lợi", "CÓ HẠI"],
    relay: "nhận từ {} {} Mbit/s, nếu không có thì {}; đường của máy chủ gửi {}",
    fullest: "đường đầy nhất: khi có {}, khi không có {}",
    site_of: "điểm cầu tại {}",
    network: "{} ra mạng",
    more: "  … và {} dòng nữa, ít đầy hơn (--all để xem hết)",
    note: "Xuống: về phía nhánh, máy chủ hoặc điểm cầu.\n\
           Mỗi luồng chỉ tính một lần trên mỗi đường, cộng 10 % phụ trội.",
    unknown: "\"chưa rõ\": tệp máy chủ chưa ghi dung lượng hoặc số lõi; hãy bổ sung để được kiểm tra.",
    tight: "Cảnh báo: có chỗ dùng trên 70 %. Con số là trung bình;\n\
            nên chừa dự phòng, hoặc dùng --profile-mix có saver.",
    refused: "không đáp ứng được: có chỗ vượt hạn mức;\n\
              thêm máy chủ chuyển tiếp, nâng hạn mức hoặc dùng --profile-mix có saver",
    compared: "DỰ BÁO VÀ ĐO ĐƯỢC (Mbit/s)",
    compared_columns: ["chiều", "dự báo", "đo được", "chênh", "kết luận"],
    agrees: ["khớp", "KHÁC"],
    disagrees: "dự báo và số đo chênh quá 10 % ở dòng có ghi KHÁC, hoặc tệp không có số đo nào",
};

/// A text with its gaps filled in order.
pub(super) fn fill(text: &str, values: &[&str]) -> String {
    let mut parts = text.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (at, part) in parts.enumerate() {
        out.push_str(values.get(at).copied().unwrap_or_default());
        out.push_str(part);
    }
    out
}
