//! Requests of a step through the whole program: the rules of the pipeline, the ranges of the host,
//! and a secret that nobody but the server sees.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::{fs, thread};
use stepwell_testkit::TestEnv;

/// A value that is searched for wherever something was written.
const CANARY: &str = "canary-5d81f0";

/// A server on the loopback interface that answers every request, and what it was asked.
fn server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hears) = channel();
    thread::spawn(move || {
        for line in listener.incoming() {
            let mut line = line.unwrap();
            let head: Vec<String> = BufReader::new(line.try_clone().unwrap())
                .lines()
                .map_while(Result::ok)
                .take_while(|field| !field.is_empty())
                .collect();
            line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
                .unwrap();
            heard.send(head.join("\n")).unwrap();
        }
    });
    (port, hears)
}

fn env(port: u16, isolation: &str, configuration: &str) -> (TestEnv, std::process::Output) {
    let env = crate::empty();
    env.add_guests(&["http_send"]);
    env.write("config.toml", configuration);
    let send = |path: &str| {
        format!(
            "[[steps]]\ntask = \"send\"\ncondition = \"always()\"\n\
             args = [\"mind\", \"1\", \"GET\", \"http\", \"127.0.0.1:{port}\", \"{path}\"]\n"
        )
    };
    let rule = format!(
        "{{ host = \"127.0.0.1\", port = {port}, scheme = \"http\", paths = [\"/v1/**\"], \
         headers = {{ Authorization = \"Bearer ${{secret:token}}\" }} }}"
    );
    let task = format!(
        "[tasks.send]\nsource = \"guests/http_send.wasm\"\nallow = {{ hosts = [{rule}] }}\n"
    );
    env.write(
        "pipeline.toml",
        format!("{task}\n{}\n{}", send("/v1/x"), send("/admin")),
    );
    let output = env
        .command(&["run", "--isolation", isolation, "--secret", "token"])
        .env("STEPWELL_CONFIG", env.project().join("config.toml"))
        .env("token", CANARY)
        .output()
        .unwrap();
    (env, output)
}

#[test]
fn a_granted_request_carries_a_secret_that_is_written_nowhere() {
    for isolation in ["instance", "job"] {
        let (port, heard) = server();
        let (env, output) = env(port, isolation, "[network]\nprivate = [\"127.0.0.0/8\"]\n");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("| 200 hello"), "{isolation}: {said}");
        assert!(said.contains("denied http: GET http://127.0.0.1"), "{said}");
        let head = heard.recv().unwrap();
        let sent = format!("authorization: bearer {CANARY}");
        assert!(head.to_lowercase().contains(&sent), "{head}");
        assert!(heard.try_recv().is_err(), "the refused request was sent");

        let mut places = 2;
        assert!(!said.contains(CANARY));
        assert!(!String::from_utf8_lossy(&output.stderr).contains(CANARY));
        for file in env.files() {
            places += 1;
            let bytes = fs::read(env.project().join(&file)).unwrap_or_default();
            let found = bytes
                .windows(CANARY.len())
                .any(|part| part == CANARY.as_bytes());
            assert!(!found, "{file}");
        }
        assert!(places > 5, "{:?}", env.files());
    }
}

#[test]
fn a_private_address_is_refused_unless_the_host_opens_it() {
    let (port, heard) = server();
    let (_env, output) = env(port, "job", "");
    let said = String::from_utf8_lossy(&output.stdout);
    let words = "127.0.0.1 is not an address of the public internet";
    assert!(said.contains(words), "{said}");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(heard.try_recv().is_err());
}
