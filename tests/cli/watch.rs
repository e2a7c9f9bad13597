//! A branch that is watched: what is good is published, and whoever broke it is told.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;
use stepwell_testkit::{History, Output, Process, Signal, TestEnv, git};

/// The commits of the repository.
const COMMITS: u32 = 200;

/// The first commit that is bad.
const CULPRIT: u32 = 137;

/// A request that somebody sent.
pub(crate) struct Heard {
    /// Such as `POST /hook`.
    pub(crate) line: String,
    /// The header `Idempotency-Key`.
    pub(crate) key: String,
    pub(crate) body: String,
}

/// A server on the loopback interface, and what it was sent.
fn server() -> (u16, Receiver<Heard>) {
    server_that(|_| "200 OK")
}

/// A server that answers so, told how many requests there were before.
pub(crate) fn server_that(
    answer: impl Fn(u32) -> &'static str + Send + 'static,
) -> (u16, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hears) = channel();
    thread::spawn(move || {
        for (number, line) in (0..).zip(listener.incoming()) {
            let mut line = line.unwrap();
            let mut reader = BufReader::new(line.try_clone().unwrap());
            let mut next = || {
                let mut text = String::new();
                reader.read_line(&mut text).unwrap();
                text.trim_end().to_owned()
            };
            let asked = next();
            let (mut length, mut key) = (0, String::new());
            loop {
                let field = next().to_ascii_lowercase();
                if let Some(value) = field.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if let Some(value) = field.strip_prefix("idempotency-key:") {
                    key = value.trim().to_owned();
                }
                if field.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let status = answer(number);
            write!(
                line,
                "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            .unwrap();
            let sent = Heard {
                key,
                line: asked.split(" HTTP").next().unwrap().to_owned(),
                body: String::from_utf8(body).unwrap(),
            };
            heard.send(sent).unwrap();
        }
    });
    (port, hears)
}

/// The hash of the commit with this number.
fn id(env: &TestEnv, number: u32) -> String {
    git(
        env.project(),
        &["rev-parse", &format!("main~{}", COMMITS - number)],
    )
}

/// 200 commits. The change of Ada breaks the test; a stretch of older ones does not build.
fn history() -> History {
    let mut history = History::default();
    for number in 1..=COMMITS {
        let author = match number {
            CULPRIT => "Ada Break <ada@example.org>".to_owned(),
            _ => format!("Dev {0} <dev{0}@example.org>", number % 7),
        };
        let files: &[(&str, Option<&str>)] = match number {
            90 => &[("unbuildable", Some("x"))],
            115 => &[("unbuildable", None)],
            CULPRIT => &[("bug", Some("x"))],
            _ => &[],
        };
        history.commit(&author, files);
    }
    history
}

/// A pipeline that builds and tests. Publishing and telling go to the server at `port`.
fn pipeline(port: u16, more: &str) -> String {
    let rule = format!("{{ host = \"127.0.0.1\", port = {port}, scheme = \"http\" }}");
    format!(
        "name = \"shop\"\n\n[tasks.play]\nsource = \"guests/play.wasm\"\n\
         allow = {{ workspace = \"read\", random = \"real\" }}\n\n\
         [tasks.send]\nsource = \"guests/http_send.wasm\"\nallow = {{ hosts = [{rule}] }}\n\n\
         [[steps]]\nname = \"build\"\ntask = \"play\"\nargs = [\"without:unbuildable\"]\n\n\
         [[steps]]\nname = \"test\"\ntask = \"play\"\nargs = [\"without:bug\"]\n\n\
         [oracles.pipeline]\ninputs = {{ steps-that-build = [\"build\"] }}\n\n\
         [[publish.steps]]\ntask = \"send\"\nargs = [\"mind\", \"1\", \"GET\", \"http\", \
         \"127.0.0.1:{port}\", \"/published/$(Build.SourceVersion)\"]\n\n\
         [notifiers.hook]\nsource = \"webhook\"\n\
         inputs = {{ url = \"http://127.0.0.1:{port}/hook\" }}\nallow = {{ hosts = [{rule}] }}\n\n\
         [schedule]\nevery = \"1h\"\n\n{more}\n"
    )
}

fn project(port: u16, more: &str) -> TestEnv {
    let env = crate::empty();
    env.add_guests(&["play", "http_send"]);
    env.write("config.toml", "[network]\nprivate = [\"127.0.0.0/8\"]\n");
    env.write("pipeline.toml", pipeline(port, more));
    env.write(".gitignore", "*\n!counter.txt\n!bug\n!unbuildable\n");
    env
}

pub(crate) fn watch(env: &TestEnv, arguments: &[&str]) -> Output {
    let arguments = [&["watch", "--once"], arguments].concat();
    let mut command = env.command(&arguments);
    command.env("STEPWELL_CONFIG", env.project().join("config.toml"));
    Process::of(command).end()
}

pub(crate) fn heard(server: &Receiver<Heard>) -> Heard {
    server
        .recv_timeout(Duration::from_secs(5))
        .expect("something was sent")
}

/// The line of the tick.
pub(crate) fn tick(output: &Output) -> Value {
    let mut lines = output.stdout.lines().rev();
    let line = lines.find(|line| line.contains("\"type\":\"tick\""));
    let line = line.unwrap_or_else(|| panic!("no tick:\n{}{}", output.stdout, output.stderr));
    serde_json::from_str(line).unwrap()
}

#[test]
fn of_200_commits_the_culprit_is_told_and_the_newest_good_one_published() {
    let (port, server) = server();
    let env = project(port, "[bisect]\njobs = 2");
    history().make(env.project());

    let json = ["--output", "json", "--since", "main~199"];
    let output = watch(&env, &json);
    let found = tick(&output);
    let (culprit, good) = (id(&env, CULPRIT), id(&env, CULPRIT - 1));
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    assert_eq!(found["result"], "culprit");
    assert_eq!(found["culprit"]["id"], culprit.as_str());
    assert_eq!(found["published"]["id"], good.as_str());

    let published = heard(&server);
    assert_eq!(published.line, format!("GET /published/{good}"));
    let told = heard(&server);
    assert_eq!(told.line, "POST /hook");
    let body: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(body["culprit"]["id"], culprit.as_str());
    assert_eq!(body["key"].as_str().map(str::len), Some(64));
    assert_eq!(told.key, body["key"].to_string());
    assert_eq!(body["recipient"]["email"], "ada@example.org");
    assert_eq!(body["newest-good"]["id"], good.as_str());
    assert!(body["reason"].as_str().unwrap().contains("test"), "{body}");

    // Nothing is new, so nothing is judged, told or published.
    let output = watch(&env, &["--output", "json"]);
    assert_eq!(tick(&output)["result"], "nothing-new");
    assert_eq!(output.code, 0);

    // One more commit on top is bad for the same reason.
    let mut more = History::after(COMMITS);
    more.commit("Dev 5 <dev5@example.org>", &[]);
    more.make(env.project());
    let output = watch(&env, &[]);
    assert!(
        output.stdout.contains("was told before"),
        "{}{}",
        output.stdout,
        output.stderr
    );

    // And one that repairs it is published.
    let mut repair = History::after(COMMITS + 1);
    repair.commit("Ada Break <ada@example.org>", &[("bug", None)]);
    repair.make(env.project());
    let output = watch(&env, &["--output", "json"]);
    assert_eq!(tick(&output)["result"], "good");
    let head = git(env.project(), &["rev-parse", "main"]);
    assert_eq!(heard(&server).line, format!("GET /published/{head}"));
    assert!(server.try_recv().is_err(), "the culprit was told once");
}

#[test]
fn of_200_flaky_commits_the_culprit_is_told() {
    let (port, server) = server();
    let env = project(
        port,
        "[bisect]\nconfidence = 0.9999\nnoise = { false-bad = 0.25 }",
    );
    let text = pipeline(
        port,
        "[bisect]\nconfidence = 0.9999\nnoise = { false-bad = 0.25 }",
    );
    env.write(
        "pipeline.toml",
        text.replace("\"without:bug\"", "\"without:bug\", \"luck:20\""),
    );
    history().make(env.project());
    let output = watch(&env, &["--output", "json", "--since", "main~199"]);
    let found = tick(&output);
    assert_eq!(
        found["result"], "culprit",
        "{}{}",
        output.stdout, output.stderr
    );
    assert_eq!(found["culprit"]["id"], id(&env, CULPRIT).as_str());
    assert_eq!(
        heard(&server).line,
        format!("GET /published/{}", id(&env, CULPRIT - 1))
    );
    assert_eq!(heard(&server).line, "POST /hook");
}

#[test]
fn a_first_look_without_a_good_version_blames_nobody() {
    let (port, server) = server();
    let env = project(port, "");
    let mut history = History::default();
    history.commit("Ada Break <ada@example.org>", &[("bug", Some("x"))]);
    history.make(env.project());
    let output = watch(&env, &[]);
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(
        output.stdout.contains("no version is known to be good"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("--since"), "{}", output.stdout);
    assert!(server.try_recv().is_err());
}

#[test]
fn a_version_that_cannot_be_built_is_neither_published_nor_blamed() {
    let (port, server) = server();
    let env = project(port, "[watch]\nbase = \"main~1\"");
    let mut history = History::default();
    history.commit("Dev 1 <dev1@example.org>", &[]);
    history.commit("Dev 2 <dev2@example.org>", &[("unbuildable", Some("x"))]);
    history.make(env.project());
    let output = watch(&env, &["--output", "json"]);
    assert_eq!(tick(&output)["result"], "untestable");
    assert_eq!(output.code, 1);
    assert!(server.try_recv().is_err());
}

#[test]
fn a_bad_base_blames_nobody() {
    let (port, server) = server();
    let env = project(port, "");
    let mut history = History::default();
    for number in 1..=4 {
        let file = format!("{number}");
        history.commit("Ada Break <ada@example.org>", &[("bug", Some(&file))]);
    }
    history.make(env.project());
    let output = watch(&env, &["--output", "json", "--since", "main~3"]);
    assert_eq!(tick(&output)["result"], "base-bad", "{}", output.stderr);
    assert_eq!(output.code, 1);
    assert!(server.try_recv().is_err());
}

#[test]
fn a_notifier_that_nobody_answers_is_asked_again() {
    let (port, server) = server();
    let env = project(port, "");
    let mut history = History::default();
    history.commit("Dev 1 <dev1@example.org>", &[]);
    history.commit("Ada Break <ada@example.org>", &[("bug", Some("x"))]);
    history.make(env.project());
    let right = pipeline(port, "");
    let hook = format!(":{port}/hook");
    env.write("pipeline.toml", right.replace(&hook, ":1/hook"));
    let output = watch(&env, &["--since", "main~1"]);
    assert_eq!(output.code, 1, "{}", output.stdout);
    assert!(
        output.stdout.contains("hook could not tell"),
        "{}",
        output.stdout
    );
    env.write("pipeline.toml", right);
    // A minute has to go by first.
    assert_eq!(watch(&env, &[]).code, 0);
    assert!(
        server
            .recv_timeout(Duration::from_millis(200))
            .is_ok_and(|it| it.line.starts_with("GET"))
    );
    assert!(server.try_recv().is_err(), "it was asked again at once");
}

/// A mail server on the loopback interface, and what each letter's sender said.
fn mail_server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hears) = channel();
    thread::spawn(move || {
        for line in listener.incoming() {
            let mut line = line.unwrap();
            let lines = BufReader::new(line.try_clone().unwrap()).lines();
            let mut said = String::new();
            let mut in_letter = false;
            line.write_all(b"220 here\r\n").unwrap();
            for text in lines.map_while(Result::ok) {
                said += &format!("{text}\n");
                let answer: &[u8] = match (text.as_str(), in_letter) {
                    (".", true) => {
                        in_letter = false;
                        b"250 taken\r\n"
                    }
                    (_, true) => continue,
                    ("DATA", _) => {
                        in_letter = true;
                        b"354 go on\r\n"
                    }
                    ("QUIT", _) => b"221 bye\r\n",
                    _ => b"250 yes\r\n",
                };
                line.write_all(answer).unwrap();
            }
            heard.send(said).unwrap();
        }
    });
    (port, hears)
}

#[test]
fn a_letter_reaches_the_author_of_the_culprit() {
    let (port, _server) = server();
    let (mail, letters) = mail_server();
    let env = project(port, "[notifiers.letter]\nsource = \"email\"");
    env.write(
        "config.toml",
        format!(
            "[network]\nprivate = [\"127.0.0.0/8\"]\n[mail]\nhost = \"127.0.0.1\"\nport = {mail}\n\
             encryption = \"none\"\nfrom = \"Stepwell <ci@example.org>\"\n"
        ),
    );
    let mut history = History::default();
    history.commit("Dev 1 <dev1@example.org>", &[]);
    history.commit("Ada Break <ada@example.org>", &[("bug", Some("x"))]);
    history.make(env.project());
    let output = watch(&env, &["--since", "main~1"]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let letter = letters.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(letter.contains("RCPT TO:<ada@example.org>"), "{letter}");
    assert!(
        letter.contains("Auto-Submitted: auto-generated"),
        "{letter}"
    );
    assert!(
        output.stdout.contains("letter told Ada Break"),
        "{}",
        output.stdout
    );
}

#[test]
fn it_waits_for_the_next_time_and_ends_when_asked() {
    let (port, server) = server();
    let env = project(port, "");
    let mut history = History::default();
    history.commit("Dev 1 <dev1@example.org>", &[]);
    history.make(env.project());
    let mut command = env.command(&["watch"]);
    command.env("STEPWELL_CONFIG", env.project().join("config.toml"));
    let mut process = Process::of(command);
    process.wait_for("next look");
    assert!(heard(&server).line.starts_with("GET /published/"));
    let other = watch(&env, &[]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    assert!(
        other.stderr.contains("is watched by another process"),
        "{}",
        other.stderr
    );
    process.signal(Signal::INT);
    assert_eq!(process.end().code, 0);
}

#[test]
fn without_a_schedule_it_looks_once_or_says_what_is_missing() {
    let (port, _server) = server();
    let env = project(port, "");
    let text = pipeline(port, "").replace("[schedule]\nevery = \"1h\"\n", "");
    env.write("pipeline.toml", text);
    let mut history = History::default();
    history.commit("Dev 1 <dev1@example.org>", &[]);
    history.make(env.project());
    let output = env.stepwell(&["watch"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("[schedule]"), "{}", output.stderr);
}
