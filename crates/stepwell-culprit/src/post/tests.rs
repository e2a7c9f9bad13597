//! Letters, up to a server on the loopback interface.

use super::*;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A mail server on the loopback interface that takes one letter per connection, and what it heard.
fn server(refuses: bool) -> (u16, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hears) = channel();
    thread::spawn(move || {
        for line in listener.incoming() {
            let mut line = line.unwrap();
            let mut read = BufReader::new(line.try_clone().unwrap()).lines();
            let mut told = Vec::new();
            let mut in_letter = false;
            line.write_all(b"220 here\r\n").unwrap();
            while let Some(Ok(text)) = read.next() {
                told.push(text.clone());
                let word = text.split(' ').next().unwrap().to_ascii_uppercase();
                let answer: &[u8] = match word.as_str() {
                    "." if in_letter => {
                        in_letter = false;
                        b"250 taken\r\n"
                    }
                    _ if in_letter => b"",
                    "DATA" => {
                        in_letter = true;
                        b"354 go on\r\n"
                    }
                    "RCPT" if refuses => b"550 nobody of that name\r\n",
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 yes\r\n",
                };
                line.write_all(answer).unwrap();
                if word == "QUIT" {
                    break;
                }
            }
            heard.send(told).unwrap();
        }
    });
    (port, hears)
}

fn mail(port: u16) -> MailServer {
    MailServer {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        encryption: Encryption::None,
        login: None,
        from: "Stepwell <ci@example.org>".to_owned(),
        allow: vec!["*@Team.example".to_owned()],
    }
}

fn letters(port: u16) -> Letters {
    let post = Post::new(&mail(port)).unwrap();
    let key = Key::new("project", "c0ffee", Some("E1"));
    Letters::new(Some(post), &["Ada@example.org".to_owned()], key)
}

async fn send(letters: &Letters, to: &str, subject: &str, text: &str) -> HostAnswer {
    letters
        .send(&[to.to_owned()], subject, text.to_owned())
        .await
}

#[tokio::test]
async fn a_letter_reaches_the_server_as_one_letter() {
    let (port, heard) = server(false);
    let letters = letters(port);
    let text = "It broke.\r.\r\n.\nRCPT TO:<eve@example.net>\n";
    let sent = send(&letters, "ada@EXAMPLE.org", "Broken: naïve", text).await;
    assert_eq!(sent, HostAnswer::Sent);
    let said = heard.recv().unwrap();
    let has = |line: &str| said.iter().any(|said| said == line);
    assert!(has("MAIL FROM:<ci@example.org>"), "{said:#?}");
    assert!(has("RCPT TO:<ada@EXAMPLE.org>"), "{said:#?}");
    assert!(has("Auto-Submitted: auto-generated"), "{said:#?}");
    let key = Key::new("project", "c0ffee", Some("E1"));
    assert!(
        has(&format!("Message-ID: <{key}.0@example.org>")),
        "{said:#?}"
    );
    let subject = said.iter().find(|line| line.starts_with("Subject: "));
    assert_eq!(subject.unwrap(), "Subject: Broken: =?utf-8?b?bmHDr3Zl?=");
    // The dots of the text did not end it, and its command is text.
    assert_eq!(
        said.iter().filter(|line| *line == "..").count(),
        2,
        "{said:#?}"
    );
    assert_eq!(
        said.iter().filter(|line| *line == ".").count(),
        1,
        "{said:#?}"
    );
    assert!(has("RCPT TO:<eve@example.net>"), "{said:#?}");

    assert_eq!(
        send(&letters, "x@team.example", "more", "").await,
        HostAnswer::Sent
    );
    let said = heard.recv().unwrap();
    assert!(said.contains(&format!("Message-ID: <{key}.1@example.org>")));
}

#[tokio::test]
async fn only_those_who_are_told_or_allowed_get_letters() {
    let letters = letters(1);
    for to in [
        "eve@example.net",
        "ada@example.org.evil.test",
        "team.example@evil.test",
    ] {
        let sent = send(&letters, to, "s", "t").await;
        let expect = format!("`{to}` is neither who is told nor in `[mail] allow` of the host");
        assert_eq!(sent, HostAnswer::Refused(HostRefusal::Denied(expect)));
    }
    let nobody = Letters::new(None, &[], Key::new("p", "c", None));
    let sent = send(&nobody, "ada@example.org", "s", "t").await;
    assert!(
        matches!(sent, HostAnswer::Refused(HostRefusal::Denied(_))),
        "{sent:?}"
    );
}

#[tokio::test]
async fn what_could_become_a_header_is_refused() {
    let letters = letters(1);
    for (to, subject) in [
        ("ada@example.org\r\nBcc: eve@example.net", "s"),
        ("ada@example.org>\r\nRCPT TO:<eve@example.net", "s"),
        ("\"a b\"@example.org", "s"),
        ("Ada <ada@example.org>", "s"),
        ("ada@example.org,eve@example.net", "s"),
        ("ada", "s"),
        ("", "s"),
        ("ada@example.org", "s\r\nBcc: eve@example.net"),
        ("ada@example.org", "s\0"),
    ] {
        let sent = send(&letters, to, subject, "t").await;
        assert!(
            matches!(sent, HostAnswer::Refused(HostRefusal::Invalid(_))),
            "{to:?} {subject:?}: {sent:?}"
        );
    }
    let long = "x".repeat(MAX_TEXT + 1);
    let sent = send(&letters, "ada@example.org", "s", &long).await;
    assert!(
        matches!(sent, HostAnswer::Refused(HostRefusal::TooLarge(_))),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_notice_is_told_in_few_letters() {
    let (port, _heard) = server(false);
    let letters = letters(port);
    for _ in 0..MAX_LETTERS {
        assert_eq!(
            send(&letters, "ada@example.org", "s", "t").await,
            HostAnswer::Sent
        );
    }
    let sent = send(&letters, "ada@example.org", "s", "t").await;
    let why = "a notice is told in at most 8 letters".to_owned();
    assert_eq!(sent, HostAnswer::Refused(HostRefusal::Denied(why)));
}

#[tokio::test]
async fn a_server_that_says_no_is_told_in_its_words() {
    let (port, _heard) = server(true);
    let sent = send(&letters(port), "ada@example.org", "s", "t").await;
    let HostAnswer::Refused(HostRefusal::Infrastructure(why)) = sent else {
        panic!("{sent:?}");
    };
    assert!(why.contains("nobody of that name"), "{why}");
}

#[test]
fn a_server_that_cannot_be_used_is_refused() {
    let told = |change: fn(&mut MailServer)| {
        let mut server = mail(25);
        change(&mut server);
        Post::new(&server).unwrap_err().to_string()
    };
    assert_eq!(
        told(|mail| mail.from = "ci".to_owned()),
        "`ci` is no address to write from"
    );
    assert_eq!(
        told(|mail| mail.allow.push("*".to_owned())),
        "`*` is neither an address nor `*@DOMAIN`"
    );
    assert_eq!(
        told(|mail| {
            mail.host = "mail.example.org".to_owned();
            mail.login = Some(Login {
                user: "ci".to_owned(),
                password: "secret".to_owned(),
            });
        }),
        "a password is not sent to `mail.example.org` without encryption"
    );
}
