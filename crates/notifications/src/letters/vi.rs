//! Letters in Vietnamese.

use contracts::mail::Letter;
use kernel::Timestamp;

use super::{Button, Words, civil, plain, provider};

const ONCE: &str = "Liên kết chỉ dùng được một lần, đến";

/// `03:04 ngày 2/1/2026 (UTC)`
fn moment(time: Timestamp) -> String {
    civil(time).strftime("%H:%M ngày %-d/%-m/%Y (UTC)").to_string()
}

fn hello(name: &str) -> String {
    plain(name).map_or_else(|| "Xin chào,".to_owned(), |name| format!("Xin chào {name},"))
}

fn role(name: &str) -> &str {
    match name {
        "owner" => "chủ sở hữu",
        "admin" => "quản trị viên",
        "guest" => "khách",
        _ => "thành viên",
    }
}

/// What most letters begin with.
fn letter(name: &str, subject: &str, text: String) -> Words {
    Words {
        lang: "vi",
        subject: subject.to_owned(),
        heading: subject.to_owned(),
        paragraphs: vec![hello(name), text],
        facts: Vec::new(),
        button: None,
        notes: Vec::new(),
        footer: "Parlance chỉ gửi những thư như thế này về tài khoản của bạn.",
        by_hand: "Nếu nút không hoạt động, hãy mở địa chỉ này:",
    }
}

#[allow(clippy::too_many_lines, reason = "one arm for each kind of letter")]
pub(super) fn words(of: &Letter) -> Words {
    match of {
        Letter::VerifyEmail { name, path, expires_at } => Words {
            heading: "Chào mừng bạn đến với Parlance".to_owned(),
            button: Some(Button::new("Xác nhận địa chỉ này", path)),
            notes: vec![
                format!("{ONCE} {}.", moment(*expires_at)),
                "Nếu bạn không đăng ký, bạn có thể bỏ qua thư này.".to_owned(),
            ],
            ..letter(
                name,
                "Xác nhận địa chỉ email của bạn",
                "Có người vừa đăng ký Parlance bằng địa chỉ này. Nếu đó là bạn, vui lòng xác nhận rằng địa chỉ này là \
                 của bạn."
                    .to_owned(),
            )
        },
        Letter::ChangeEmail { name, path, expires_at } => Words {
            button: Some(Button::new("Dùng địa chỉ này", path)),
            notes: vec![
                format!("{ONCE} {}. Cho đến lúc đó, địa chỉ cũ vẫn được giữ.", moment(*expires_at)),
                "Nếu bạn không yêu cầu việc này, bạn có thể bỏ qua thư này.".to_owned(),
            ],
            ..letter(
                name,
                "Xác nhận địa chỉ email mới của bạn",
                "Bạn đã yêu cầu dùng địa chỉ này cho tài khoản Parlance của mình.".to_owned(),
            )
        },
        Letter::EmailChanged { name, new_address } => Words {
            notes: vec![
                "Nếu không phải bạn, có người đã biết mật khẩu của bạn: hãy báo ngay cho người vận hành hệ thống này."
                    .to_owned(),
            ],
            ..letter(
                name,
                "Địa chỉ email của bạn đã được thay đổi",
                format!(
                    "Tài khoản Parlance của bạn nay dùng {new_address}. Thư về tài khoản sẽ không gửi đến đây nữa."
                ),
            )
        },
        Letter::AlreadySignedUp { name, path } => Words {
            button: Some(Button::new("Đăng nhập", path)),
            notes: vec!["Nếu không phải bạn, bạn không cần làm gì cả.".to_owned()],
            ..letter(
                name,
                "Bạn đã có tài khoản",
                "Có người vừa thử đăng ký Parlance bằng địa chỉ này, nhưng địa chỉ đã có tài khoản. Không có gì bị thay \
                 đổi. Nếu đó là bạn, hãy đăng nhập; ở đó bạn cũng có thể đặt mật khẩu mới."
                    .to_owned(),
            )
        },
        Letter::ResetPassword { name, path, expires_at } => Words {
            button: Some(Button::new("Đặt mật khẩu mới", path)),
            notes: vec![
                format!("{ONCE} {}. Sau đó mọi thiết bị sẽ bị đăng xuất.", moment(*expires_at)),
                "Nếu không phải bạn, hãy bỏ qua thư này: mật khẩu của bạn vẫn giữ nguyên.".to_owned(),
            ],
            ..letter(
                name,
                "Đặt mật khẩu mới",
                "Có người vừa yêu cầu mật khẩu mới cho tài khoản Parlance của bạn.".to_owned(),
            )
        },
        Letter::PasswordChanged { name, at } => Words {
            button: Some(Button::new("Không phải tôi", "/forgot-password")),
            notes: vec!["Nếu đó là bạn, bạn không cần làm gì cả.".to_owned()],
            ..letter(
                name,
                "Mật khẩu của bạn đã được thay đổi",
                format!(
                    "Mật khẩu tài khoản Parlance của bạn đã được thay đổi lúc {}. Nếu không phải bạn, hãy đặt mật khẩu \
                     mới ngay: mọi thiết bị sẽ bị đăng xuất.",
                    moment(*at)
                ),
            )
        },
        Letter::NewDevice { name, device, ip, at } => Words {
            facts: vec![("Thiết bị", known(device)), ("Địa chỉ", ip.clone()), ("Thời gian", moment(*at))],
            button: Some(Button::new("Xem các phiên đăng nhập", "/settings/sessions")),
            notes: vec!["Nếu đó là bạn, bạn không cần làm gì cả.".to_owned()],
            ..letter(
                name,
                "Một thiết bị mới đã đăng nhập vào tài khoản của bạn",
                "Tài khoản Parlance của bạn vừa được dùng trên một thiết bị chưa từng dùng trước đây. Nếu không phải \
                 bạn, hãy đổi mật khẩu ngay: mọi thiết bị khác sẽ bị đăng xuất."
                    .to_owned(),
            )
        },
        Letter::SessionStolen { name, device, at } => Words {
            facts: vec![("Thiết bị", known(device)), ("Thời gian", moment(*at))],
            button: Some(Button::new("Đổi mật khẩu", "/settings/security")),
            ..letter(
                name,
                "Chúng tôi đã kết thúc một phiên của bạn",
                "Một phiên đăng nhập của bạn được dùng từ hai nơi cùng lúc, có thể vì ai đó đã sao chép nó. Chúng tôi đã \
                 kết thúc phiên này ở cả hai nơi. Hãy đăng nhập lại để tiếp tục; nếu bạn không rõ lý do, hãy đổi mật \
                 khẩu."
                    .to_owned(),
            )
        },
        Letter::IdentityLinked { name, provider: with, at } => Words {
            facts: vec![("Tài khoản", provider(with)), ("Thời gian", moment(*at))],
            button: Some(Button::new("Xem các tài khoản đã kết nối", "/settings/security")),
            notes: vec!["Nếu đó là bạn, bạn không cần làm gì cả.".to_owned()],
            ..letter(
                name,
                &format!("Nay bạn có thể đăng nhập bằng {}", provider(with)),
                "Một tài khoản bên ngoài vừa được kết nối với tài khoản Parlance của bạn và có thể đăng nhập vào đó. Nếu \
                 không phải bạn, hãy ngắt kết nối và đổi mật khẩu ngay."
                    .to_owned(),
            )
        },
        Letter::IdentityUnlinked { name, provider: with, at } => Words {
            facts: vec![("Tài khoản", provider(with)), ("Thời gian", moment(*at))],
            button: Some(Button::new("Xem các tài khoản đã kết nối", "/settings/security")),
            notes: vec!["Nếu đó là bạn, bạn không cần làm gì cả.".to_owned()],
            ..letter(
                name,
                &format!("Bạn không còn đăng nhập bằng {}", provider(with)),
                "Một tài khoản bên ngoài vừa bị ngắt kết nối khỏi tài khoản Parlance của bạn. Nếu không phải bạn, hãy \
                 đổi mật khẩu ngay."
                    .to_owned(),
            )
        },
        Letter::SecondFactorChanged { name, factor, added, at } => {
            let what = if factor == "passkey" { "Khóa truy cập" } else { "Ứng dụng xác thực" };
            let done = if *added { "đã được thêm vào" } else { "đã bị gỡ khỏi" };
            Words {
                facts: vec![("Thời gian", moment(*at))],
                button: Some(Button::new("Xem cách bạn đăng nhập", "/settings/security")),
                notes: vec!["Nếu đó là bạn, bạn không cần làm gì.".to_owned()],
                ..letter(
                    name,
                    &format!("{what} {done} tài khoản của bạn"),
                    format!(
                        "{what} {done} tài khoản Parlance của bạn. Nếu không phải bạn, hãy đổi mật khẩu ngay: mọi thiết \
                         bị khác sẽ bị đăng xuất."
                    ),
                )
            }
        }
        Letter::RecoveryCodeUsed { name, left, ip, at } => Words {
            facts: vec![("Địa chỉ", ip.clone()), ("Thời gian", moment(*at)), ("Số mã còn lại", left.to_string())],
            button: Some(Button::new("Tạo mã mới", "/settings/security")),
            notes: vec!["Nếu đó là bạn, bạn không cần làm gì.".to_owned()],
            ..letter(
                name,
                "Một mã khôi phục đã được dùng",
                "Có người vừa đăng nhập vào tài khoản Parlance của bạn bằng một mã khôi phục. Nếu không phải bạn, hãy đổi \
                 mật khẩu ngay và tạo mã khôi phục mới."
                    .to_owned(),
            )
        },
        Letter::AccountDeleted { name, path, erases_at } => Words {
            button: Some(Button::new("Giữ tài khoản của tôi", path)),
            notes: vec!["Nếu không phải bạn, hãy đăng nhập, giữ tài khoản và đổi mật khẩu ngay.".to_owned()],
            ..letter(
                name,
                "Tài khoản của bạn sẽ bị xóa",
                format!(
                    "Bạn đã yêu cầu xóa tài khoản Parlance. Đến {} bạn vẫn có thể đăng nhập và giữ lại. Sau đó các cuộc \
                     trò chuyện, tệp và thông tin cá nhân của bạn sẽ bị xóa vĩnh viễn.",
                    moment(*erases_at)
                ),
            )
        },
        Letter::AccountRestored { name, at } => Words {
            facts: vec![("Thời gian", moment(*at))],
            notes: vec!["Nếu không phải bạn, hãy đổi mật khẩu ngay.".to_owned()],
            ..letter(name, "Tài khoản của bạn được giữ lại", "Tài khoản Parlance của bạn sẽ không bị xóa.".to_owned())
        },
        Letter::Invitation { workspace, inviter, role: as_role, path, expires_at } => {
            let inviter = plain(inviter).unwrap_or_else(|| "Có người".to_owned());
            let workspace = plain(workspace)
                .map_or_else(|| "một không gian làm việc".to_owned(), |name| format!("không gian làm việc “{name}”"));
            let subject = format!("{inviter} mời bạn vào {workspace}");
            let text = format!("{inviter} muốn mời bạn tham gia {workspace} trên Parlance với vai trò {}.", role(as_role));
            Words {
                paragraphs: vec![text],
                button: Some(Button::new("Xem lời mời", path)),
                notes: vec![
                    format!("Lời mời có hiệu lực đến {}.", moment(*expires_at)),
                    "Nếu bạn không biết người mời, bạn có thể bỏ qua thư này.".to_owned(),
                ],
                footer: "Bạn nhận thư này vì có người đã cho Parlance địa chỉ của bạn.",
                ..letter("", &subject, String::new())
            }
        }
    }
}

fn known(device: &str) -> String {
    plain(device).unwrap_or_else(|| "không rõ".to_owned())
}
