//! One secret and one text that only looks like it, for every rule. Secrets are put together when
//! the tests run, so that a scan of this file finds none.

use super::RULES;
use crate::scanner::Scanner;
use std::sync::LazyLock;

const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";

/// A text of `length` characters that looks random and is always the same.
fn noise(alphabet: &str, length: usize) -> String {
    let alphabet = alphabet.as_bytes();
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ (length as u64);
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            alphabet[(state >> 33) as usize % alphabet.len()] as char
        })
        .collect()
}

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(4.0).unwrap());

/// The rules that find something in `text`.
fn found(text: &str) -> Vec<&'static str> {
    let hits = SCANNER.scan(text.as_bytes());
    hits.into_iter().map(|hit| hit.rule).collect()
}

fn pem(kind: &str, body: &str) -> String {
    format!("-----BEGIN {kind}-----{body}")
}

/// A rule, a text with a secret that it finds, and a text in which it finds none.
type Case = (&'static str, String, String);

fn issued_tokens() -> Vec<Case> {
    let letters = |length| noise(ALPHANUMERIC, length);
    let secret = letters(40);
    vec![
        (
            "aws-access-key-id",
            format!("id = AKIA{}", noise(UPPER, 16)),
            format!("id = AKIA{}{}", "IOSFODNN7", "EXAMPLE"),
        ),
        (
            "aws-secret-access-key",
            format!("AWS_SECRET_ACCESS_KEY={secret}"),
            format!("aws secret digest: {}", noise(HEX, 40)),
        ),
        (
            "github-token",
            format!("ghp_{}", letters(36)),
            format!("ghp_{}", "0".repeat(36)),
        ),
        (
            "github-fine-grained-token",
            format!("github_pat_{}_{}", letters(22), letters(59)),
            format!("github_pat_{}", letters(22)),
        ),
        (
            "gitlab-token",
            format!("url: glpat-{}", letters(20)),
            "glpat-your-token-goes-in-here".to_owned(),
        ),
        (
            "slack-token",
            format!("xoxb-{}-{}", noise(DIGITS, 12), letters(24)),
            "xoxb-my-token".to_owned(),
        ),
        (
            "slack-webhook",
            format!(
                "https://hooks.slack.com/services/T{}/B{}/{}",
                noise(UPPER, 9),
                noise(UPPER, 10),
                letters(24)
            ),
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
                .to_owned(),
        ),
    ]
}

fn service_keys() -> Vec<Case> {
    let letters = |length| noise(ALPHANUMERIC, length);
    vec![
        (
            "stripe-key",
            format!("sk_live_{}", letters(24)),
            format!("sk_test_{}", letters(24)),
        ),
        (
            "google-api-key",
            format!("AIza{}", letters(35)),
            format!("AIza{}", letters(60)),
        ),
        (
            "npm-token",
            format!("npm_{}", letters(36)),
            format!("npm_{}", "config_registry"),
        ),
        (
            "pypi-token",
            format!("pypi-AgEI{}", letters(80)),
            "pypi-AgEIcHlwaS5vcmc".to_owned(),
        ),
        (
            "crates-io-token",
            format!("cio{}", letters(32)),
            format!("cio{}", "nexttokenwithoutanydigitsinside"),
        ),
        (
            "anthropic-key",
            format!("sk-ant-api03-{}", letters(95)),
            "sk-ant-api03-...".to_owned(),
        ),
        (
            "openai-key",
            format!("sk-proj-{}", letters(48)),
            "class=\"sk-project-list-item-with-a-long-name\"".to_owned(),
        ),
        (
            "sendgrid-key",
            format!("SG.{}.{}", letters(22), letters(43)),
            "SG.Module.Function".to_owned(),
        ),
        (
            "twilio-key",
            format!("twilio: SK{}", noise(HEX, 32)),
            format!("SK{}", noise(HEX, 32)),
        ),
    ]
}

fn blocks_and_contexts() -> Vec<Case> {
    let letters = |length| noise(ALPHANUMERIC, length);
    let line = letters(64);
    vec![
        (
            "gcp-service-account",
            format!(
                "{{\"private_key\": \"{}",
                pem("PRIVATE KEY", &format!("\\n{line}"))
            ),
            format!("{{\"private_key\": \"{}", pem("PRIVATE KEY", "\\n...")),
        ),
        (
            "azure-storage-key",
            format!("AccountName=x;AccountKey={}==;", letters(86)),
            format!("AccountName=x;AccountKey={}==;", "A".repeat(86)),
        ),
        (
            "private-key",
            pem("OPENSSH PRIVATE KEY", &format!("\n{line}\n")),
            pem("RSA PRIVATE KEY", "\nMII...\n"),
        ),
        (
            "private-key",
            pem(
                "PGP PRIVATE KEY BLOCK",
                &format!("\nVersion: GnuPG v2\n\n{line}\n"),
            ),
            pem("PGP PUBLIC KEY BLOCK", &format!("\n\n{line}\n")),
        ),
        (
            "private-key",
            format!(
                "const KEY: &str = \"{}\"",
                pem("EC PRIVATE KEY", &format!("\\n{line}"))
            ),
            pem("EC PRIVATE KEY", &format!("\n{}", "A".repeat(64))),
        ),
        (
            "jwt",
            format!("eyJ{}.eyJ{}.{}", letters(33), letters(60), letters(43)),
            format!("eyJ{}.eyJ{}", letters(33), letters(60)),
        ),
        (
            "url-password",
            format!("postgres://app:{}@db.internal/x", letters(8)),
            "postgres://app:${DB_PASSWORD}@db.internal/x".to_owned(),
        ),
        (
            "generic-secret",
            format!("api_key = \"{}\"", letters(32)),
            "api_key = \"the-name-of-the-key-in-the-vault-2\"".to_owned(),
        ),
        (
            "generic-secret",
            format!("const SESSION_SECRET: &str = \"{}\";", noise(HEX, 32)),
            "const SESSION_SECRET: &str = \"${SESSION_SECRET_FROM_VAULT_1}\";".to_owned(),
        ),
        (
            "generic-secret",
            format!("export DB_PASSWORD={}\n", letters(24)),
            "export DB_PASSWORD=read_password_from_file(path_1)\n".to_owned(),
        ),
        (
            "generic-secret",
            format!("{{\"clientSecret\": \"{}\"}}", letters(40)),
            format!("{{\"token\": \"sha512-{}\"}}", letters(86)),
        ),
    ]
}

#[test]
fn each_rule_finds_its_secret_and_passes_over_what_looks_like_it() {
    let cases: Vec<Case> = [issued_tokens(), service_keys(), blocks_and_contexts()].concat();
    for (rule, secret, other) in &cases {
        assert_eq!(found(secret), [*rule], "{secret}");
        assert!(!found(other).contains(rule), "{rule} finds {other}");
    }
    for rule in RULES {
        assert!(
            cases.iter().any(|(tested, _, _)| *tested == rule.id),
            "no case for {}",
            rule.id
        );
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&format!("`{}`", rule.id)), "{}", rule.id);
    }
}

#[test]
fn every_prefix_of_a_family_is_known() {
    let body = noise(ALPHANUMERIC, 36);
    for prefix in ["ghp", "gho", "ghu", "ghs", "ghr"] {
        assert_eq!(found(&format!("{prefix}_{body}")), ["github-token"]);
    }
    let slack = format!("{}-{}", noise(DIGITS, 12), noise(ALPHANUMERIC, 24));
    for prefix in ["xoxa", "xoxb", "xoxp", "xoxr", "xoxs"] {
        assert_eq!(found(&format!("{prefix}-{slack}")), ["slack-token"]);
    }
    for kind in ["", "RSA ", "DSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let key = pem(&format!("{kind}PRIVATE KEY"), &format!("\n{body}{body}\n"));
        assert_eq!(found(&key), ["private-key"], "{kind}");
    }
    assert_eq!(found(&format!("rk_live_{body}")), ["stripe-key"]);
    assert_eq!(found(&format!("sk-{body}{body}"))[..], [] as [&str; 0]);
    assert_eq!(found(&format!("sk-{body}")), ["openai-key"]);
}

#[test]
fn a_secret_next_to_its_key_id_is_found_without_its_name() {
    let text = format!(
        "[default]\nid: AKIA{}\nother: {}\n",
        noise(UPPER, 16),
        noise(ALPHANUMERIC, 40)
    );
    assert_eq!(found(&text), ["aws-access-key-id", "aws-secret-access-key"]);
    let digest = format!("AKIA{}\ncommit {}\n", noise(UPPER, 16), noise(HEX, 40));
    assert_eq!(found(&digest), ["aws-access-key-id"]);
}

#[test]
fn addresses_for_examples_and_for_this_machine_hold_no_password() {
    let password = noise(ALPHANUMERIC, 10);
    let at = |host: &str| format!("https://user:{password}@{host}/");
    assert_eq!(found(&at("db.prod.internal")), ["url-password"]);
    assert_eq!(found(&at("[2001:db8::1]")), ["url-password"]);
    for host in [
        "localhost",
        "127.0.0.1",
        "api.example.com",
        "db.test",
        "[::1]",
    ] {
        assert!(found(&at(host)).is_empty(), "{host}");
    }
    for userinfo in [
        "user:password",
        "postgres:postgres",
        "user:$PASS",
        "u:<password>",
        "a:***",
    ] {
        let text = format!("postgres://{userinfo}@db.internal/");
        assert!(found(&text).is_empty(), "{text}");
    }
    assert!(found("https://db.internal:8080/@scope/name").is_empty());
}

#[test]
fn the_entropy_threshold_is_for_values_without_a_format() {
    let random = format!("password = \"{}\"", noise(ALPHANUMERIC, 20));
    let typed = format!("password = \"{}\"", "summer2019summer2019");
    let strict = Scanner::new(5.5).unwrap();
    let lax = Scanner::new(2.0).unwrap();
    assert_eq!(found(&random), ["generic-secret"]);
    assert!(found(&typed).is_empty());
    assert!(strict.scan(random.as_bytes()).is_empty());
    assert_eq!(lax.scan(typed.as_bytes()).len(), 1);
    let token = format!("ghp_{}", noise(ALPHANUMERIC, 36));
    assert_eq!(strict.scan(token.as_bytes()).len(), 1);
}

#[test]
fn source_code_about_secrets_holds_none() {
    for line in [
        "let token = self.next_token_of_kind(TokenKind2::Identifier)?;",
        "token: CancellationToken2,",
        "password_hash: Argon2idPasswordHash,",
        "secret_name = \"projects/p1/secrets/my-secret/versions/2\"",
        "const TOKEN_URL: &str = \"https://login.example.org/oauth2/v2.0/token\";",
        "pwd=/home/user/projects/thing2/src",
        "assert!(pem.starts_with(\"-----BEGIN PRIVATE KEY-----\"));",
        "api_key = os.environ[\"SERVICE_API_KEY_2\"]",
        "Authorization: token ${{ secrets.GITHUB_TOKEN }}",
    ] {
        assert!(found(line).is_empty(), "{line}: {:?}", found(line));
    }
}
